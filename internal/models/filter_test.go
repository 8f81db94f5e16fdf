package models_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

func TestFilter_ListsByTheTimeThatItAsksAbout(t *testing.T) {
	t.Parallel()
	at := epoch()
	for name, one := range map[string]struct {
		filter   models.Filter
		expected models.Order
	}{
		"all":                           {models.Filter{}, models.OrderCreated},
		"a recipient's":                 {models.Filter{To: "+905551111111"}, models.OrderCreated},
		"pending":                       {models.Filter{Status: models.StatusPending}, models.OrderCreated},
		"sent":                          {models.Filter{Status: models.StatusSent}, models.OrderSent},
		"failed":                        {models.Filter{Status: models.StatusFailed}, models.OrderFailed},
		"sent, created after":           {models.Filter{Status: models.StatusSent, CreatedAfter: at}, models.OrderCreated},
		"failed, created before":        {models.Filter{Status: models.StatusFailed, CreatedBefore: at}, models.OrderCreated},
		"sent after":                    {models.Filter{SentAfter: at}, models.OrderSent},
		"sent before, created after":    {models.Filter{SentBefore: at, CreatedAfter: at}, models.OrderSent},
		"failed after":                  {models.Filter{FailedAfter: at}, models.OrderFailed},
		"failed before, created before": {models.Filter{FailedBefore: at, CreatedBefore: at}, models.OrderFailed},
	} {
		require.Equal(t, one.expected, one.filter.Order(), name)
	}
}

func TestCursor_IsTheBeginningOnlyWhereItIsEmpty(t *testing.T) {
	t.Parallel()
	require.True(t, models.Cursor{}.IsZero())
	require.False(t, models.Cursor{At: time.UnixMilli(0)}.IsZero())
	require.False(t, models.Cursor{Tie: "m"}.IsZero())
}

func TestMessage_WaitsUntilItIsClaimed(t *testing.T) {
	t.Parallel()
	for _, status := range models.Statuses() {
		waits := status == models.StatusScheduled || status == models.StatusPending
		require.Equal(t, waits, models.Message{Status: status}.Waits(), status)
	}
}
