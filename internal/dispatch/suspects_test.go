package dispatch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// acceptOdd stores n messages, due before those of accept, that the webhook of
// oddOnes answers otherwise than the rest.
func (r *replica) acceptOdd(t *testing.T, n int, priority models.Priority) {
	t.Helper()
	for i := range n {
		require.NoError(t, r.store.Accept(t.Context(), models.Message{
			ID: models.ID{Text: fmt.Sprintf("odd-%d", i)}, To: "+905551111111", Content: "hi",
			Priority: priority, CreatedAt: now().Add(-time.Hour),
		}))
	}
}

func oddOnes(code int, others func(context.Context, string, int) webhook.Reply) func(context.Context, string, int) webhook.Reply {
	return func(ctx context.Context, id string, attempt int) webhook.Reply {
		if strings.HasPrefix(id, "odd") {
			return status(code)
		}
		return others(ctx, id, attempt)
	}
}

func TestSuspects_UrgentMessagesThatAlwaysFailDoNotKeepTheBreakerOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := &outage{reply: status(503)}
		s := newScene(t, oddOnes(500, down.answer))
		r := s.replica(uncapped(), nil)
		r.acceptOdd(t, 3, models.PriorityHigh)
		r.accept(t, 50)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(time.Minute)
		require.Equal(t, models.WebhookOpen, r.Webhook().State)
		down.over.Store(true)
		pause(20 * time.Minute)
		require.Equal(t, int64(50), r.counts(t)[models.StatusSent])
		for id, attempts := range s.hook.attempts() {
			require.LessOrEqual(t, attempts, 15, id)
		}
	})
}

func TestSuspects_UnknownRecipientsFailAndTheOthersAreSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, oddOnes(404, func(_ context.Context, id string, _ int) webhook.Reply { return accepted(id) }))
		r := s.replica(uncapped(), func(o *dispatch.Options) { o.MaxInFlight = 8 })
		r.acceptOdd(t, 30, models.PriorityNormal)
		r.accept(t, 100)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(10 * time.Minute)
		require.Equal(t, int64(100), r.counts(t)[models.StatusSent])
		pause(10 * time.Minute)
		require.Equal(t, int64(30), r.counts(t)[models.StatusFailed], "refused before and after others were taken")
	})
}

func TestSuspects_AWebhookThatHangsForHoursFailsFewMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const hours = 1
		s := newScene(t, func(context.Context, string, int) webhook.Reply {
			return webhook.Reply{Verdict: webhook.Retry, Unknown: true, Code: models.ErrorCodeTimeout, Reason: "no answer"}
		})
		r := s.replica(uncapped(), func(o *dispatch.Options) { o.MaxInFlight = 8 })
		r.accept(t, 40)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(hours * time.Hour)
		require.LessOrEqual(t, r.counts(t)[models.StatusFailed], int64(5*hours), "a probe every five minutes, three for a message")
		require.False(t, r.Webhook().RetryAt.Before(now()), "when the next may be")
	})
}
