package models_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

func TestParseDuration_KnowsDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"90d": 90 * models.Day, "1d12h": 36 * time.Hour, "0d": 0, "1.5h": 90 * time.Minute, "0": 0, "-2h": -2 * time.Hour, "106751d": 106751 * models.Day,
	} {
		got, err := models.ParseDuration(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "d", "1.5d", "-1d", "1d-1h", "1h1d", "106752d", "106751d24h", "1", "1w", "99999999999999999999d"} {
		_, err := models.ParseDuration(text)
		require.Error(t, err, text)
	}
}
