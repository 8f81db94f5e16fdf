package handlers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

func TestAccept_AMessageWhoseValidityIsOverIsRefused(t *testing.T) {
	t.Parallel()
	stored := false
	messages := newMessages(t, &store{accept: func([]models.Message) error { stored = true; return nil }})
	_, err := messages.Accept(t.Context(), call(handlers.AcceptRequest{
		To: "+905551234567", Content: "x", SendAt: "2026-01-02T12:03:05.678Z", ValidityPeriod: new(int64(60)),
	}))
	require.Equal(t, models.KindInvalid, models.KindOf(err))
	require.ErrorContains(t, err, "validity_period is over: counted from send_at it ended at 2026-01-02T12:04:05.678Z; give a longer one")
	require.False(t, stored)
}

// An import that is run again after an hour finds what it has accepted.
func TestBatch_WhatIsOverdueIsRefusedUnlessItWasAcceptedInTime(t *testing.T) {
	t.Parallel()
	s := new(shelf)
	now := epoch()
	messages := newMessages(t, s.store(), func(o *handlers.MessagesOptions) { o.Now = func() time.Time { return now } })
	line := func(key, content string) string {
		return fmt.Sprintf(`{"to":"+905551234567","content":%q,"send_at":"2026-01-02T12:30:00Z","validity_period":60,"idempotency_key":%q}`+"\n", content, key)
	}
	body := line("a", "x") + line("b", "x")
	_, first, _ := post(t, messages, linesType, strings.NewReader(body), "")
	require.Equal(t, 2, first.Accepted)

	now = now.Add(24 * time.Hour)
	_, again, _ := post(t, messages, linesType, strings.NewReader(body+line("c", "x")+line("a", "other")), "")
	require.Equal(t, []int{0, 2, 2}, []int{again.Accepted, again.Duplicates, again.Refused})
	require.Equal(t, first.Results[1].ID, again.Results[1].ID)
	require.True(t, again.Results[1].Duplicate)
	for _, result := range again.Results[2:] {
		require.Equal(t, "validity_period", result.Errors[0].Field)
		require.Contains(t, result.Errors[0].Message, "is over")
		require.Empty(t, result.ID)
	}
	require.Len(t, s.stored, 2)
}
