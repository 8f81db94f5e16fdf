package dispatch_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

func TestPause_OpensNoWindowAndSpendsNoDraw(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pace := models.Pace{Interval: time.Second, PerWindow: 10}
		asks := status(503)
		asks.RetryAfter = 5 * time.Minute
		s := newScene(t, (&outage{reply: asks}).answer)
		r := s.replica(pace, nil)
		r.accept(t, 50)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(time.Second)
		before, err := r.Scheduler().State(t.Context())
		require.NoError(t, err)
		attempts := len(s.hook.seen())
		pause(4 * time.Minute)
		after, err := r.Scheduler().State(t.Context())
		require.NoError(t, err)
		require.Equal(t, before, after, "one window is due, not many")
		require.Len(t, s.hook.seen(), attempts)
		require.Equal(t, models.WebhookPaused, r.Webhook().State)
	})
}

func TestPause_ThreeSecondsOf429BurnNoBacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 500
		down := &outage{reply: status(429)}
		s := newScene(t, down.answer)
		r := s.replica(uncapped(), nil)
		r.accept(t, n)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(3 * time.Second)
		require.LessOrEqual(t, len(s.hook.seen()), 64+5)
		down.over.Store(true)
		pause(time.Minute)
		require.Equal(t, int64(n), r.counts(t)[models.StatusSent])
		for id := range s.hook.attempts() {
			message := r.message(t, id)
			require.Equal(t, 1, message.AttemptCount)
			require.Zero(t, message.RetryCount)
		}
	})
}

func TestPause_RetryAfterIsHonouredAndCostsNoAttempt(t *testing.T) {
	t.Parallel()
	for _, code := range []int{429, 503} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const wait = time.Minute
				down := &outage{reply: status(code)}
				down.reply.RetryAfter = wait
				s := newScene(t, down.answer)
				r := s.replica(uncapped(), func(o *dispatch.Options) { o.MaxAttempts = 1 })
				r.accept(t, 100)
				r.Start()
				defer r.end(t)
				r.start(t)
				pause(time.Second)
				first := s.hook.seen()
				require.LessOrEqual(t, len(first), 64)
				health := r.Webhook()
				require.Equal(t, models.WebhookPaused, health.State)
				require.WithinDuration(t, now().Add(wait), health.RetryAt, 2*time.Second)
				require.Equal(t, down.reply.Reason, health.Reason)
				pause(2 * wait)
				down.over.Store(true)
				pause(wait + 10*time.Second)

				require.Equal(t, int64(100), r.counts(t)[models.StatusSent])
				for _, c := range s.hook.seen()[len(first):] {
					require.GreaterOrEqual(t, c.at.Sub(first[0].at), wait)
				}
				require.LessOrEqual(t, len(s.hook.seen()), len(first)+2+100, "one attempt after each pause")
			})
		})
	}
}

func TestPause_AlwaysForTheSameMessageHoldsNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 20
		asks := status(429)
		asks.RetryAfter = 5 * time.Minute
		s := newScene(t, func(_ context.Context, id string, _ int) webhook.Reply {
			if id == "urgent" {
				return asks
			}
			return accepted(id)
		})
		r := s.replica(models.Pace{Interval: 20 * time.Second, PerWindow: 1}, nil)
		// Urgent, so that it comes before the others each time that it is due.
		require.NoError(t, r.store.Accept(t.Context(), models.Message{
			ID: models.ID{Text: "urgent"}, To: "+905551111111", Content: "hi", Priority: models.PriorityHigh, CreatedAt: now(),
		}))
		r.accept(t, n)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(13 * time.Minute)
		require.Equal(t, int64(n), r.counts(t)[models.StatusSent], "it paused them once")
		message := r.message(t, "urgent")
		require.Equal(t, models.StatusPending, message.Status)
		require.Equal(t, "http_429", message.ErrorCode)
	})
}
