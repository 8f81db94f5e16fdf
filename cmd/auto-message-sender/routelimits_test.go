package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/client"
)

func TestLimits_TheClientWaitsForEveryAnswerThatTheServerMayGive(t *testing.T) {
	t.Parallel()
	require.Greater(t, client.AnswerLimit, longTimeout+answerTime)
	require.Greater(t, client.AnswerLimit, readTimeout+writeTimeout)
}
