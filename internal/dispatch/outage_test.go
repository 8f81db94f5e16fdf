package dispatch_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// status is a webhook's answer as its client sees it.
func status(code int) webhook.Reply {
	reply := webhook.Reply{Verdict: webhook.Classify(code), StatusCode: code, Unknown: code == 504}
	if reply.Verdict != webhook.Accepted {
		reply.Code, reply.Reason = fmt.Sprintf("http_%d", code), fmt.Sprintf("webhook answered %d", code)
	}
	return reply
}

// outage is a webhook that answers so while it lasts, and takes everything after.
type outage struct {
	over  atomic.Bool
	reply webhook.Reply
}

func (o *outage) answer(ctx context.Context, id string, _ int) webhook.Reply {
	if o.over.Load() {
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // virtual time
		return accepted(id)
	}
	if o.reply.Code == models.ErrorCodeTimeout {
		select {
		case <-ctx.Done():
		case <-time.After(attemptTimeout):
		}
	}
	return o.reply
}

// counts is how many messages there are in each status.
func (r *replica) counts(t *testing.T) models.Counts {
	t.Helper()
	counts, err := r.store.Counts(t.Context())
	require.NoError(t, err)
	return counts
}

// perWindow counts the attempts by window, since the moment given.
func perWindow(calls []call, started time.Time, interval time.Duration, since time.Time) map[int]int {
	attempts := map[int]int{}
	for _, c := range calls {
		if !c.at.Before(since) {
			attempts[int(c.at.Sub(started)/interval)]++
		}
	}
	return attempts
}

// requireSlowStart holds that after a recovery attempts, of 20 ms each, began one by
// one, then two, four, … at a time.
func requireSlowStart(t *testing.T, calls []call, recovered time.Time) {
	t.Helper()
	first := slices.IndexFunc(calls, func(c call) bool { return c.at.After(recovered) })
	require.NotEqual(t, -1, first)
	begun := func(within time.Duration) int { // since the probe
		return len(slices.DeleteFunc(slices.Clone(calls[first:]), func(c call) bool { return c.at.Sub(calls[first].at) >= within }))
	}
	for answers, atMost := range map[int]int{1: 1, 2: 1 + 1, 3: 1 + 1 + 2, 4: 1 + 1 + 2 + 4, 5: 1 + 1 + 2 + 4 + 8} {
		require.LessOrEqual(t, begun(time.Duration(answers)*20*time.Millisecond), atMost, "while %d answers came", answers)
	}
	require.GreaterOrEqual(t, begun(5*time.Second), 64, "but soon")
}

func TestOutage_OfAnHourCostsAFewAttemptsAndNoMessage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reply webhook.Reply
		lasts time.Duration
	}{
		"503":         {status(503), time.Hour},
		"unreachable": {webhook.Reply{Verdict: webhook.Retry, Code: models.ErrorCodeUnreachable}, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const n = 200
				down := &outage{reply: test.reply}
				s := newScene(t, down.answer)
				r := s.replica(uncapped(), nil)
				r.accept(t, n)
				r.Start()
				defer r.end(t)
				r.start(t)
				pause(test.lasts)

				require.Equal(t, int64(n), r.counts(t)[models.StatusPending])
				require.LessOrEqual(t, len(s.hook.seen()), 64+6+int(test.lasts/time.Minute), "what was in flight, and a probe a minute")
				for id, attempts := range s.hook.attempts() {
					require.LessOrEqual(t, attempts, 5, "%s was the probe again and again", id)
					message := r.message(t, id)
					require.LessOrEqual(t, message.AttemptCount, 1)
					require.Len(t, message.Attempts, message.AttemptCount)
					require.Equal(t, test.reply.Code, message.ErrorCode, "so one sees why it waits")
				}
				require.Equal(t, models.WebhookOpen, r.Webhook().State)

				down.over.Store(true)
				recovered := now()
				pause(2 * time.Minute)
				require.Equal(t, int64(n), r.counts(t)[models.StatusSent])
				require.Equal(t, models.WebhookClosed, r.Webhook().State)
				requireSlowStart(t, s.hook.seen(), recovered)
			})
		})
	}
}

func TestOutage_AfterwardsEveryAttemptKeepsToThePace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, capOf = 60, 10
		pace := models.Pace{Interval: time.Minute, PerWindow: capOf}
		down := &outage{reply: status(500)}
		s := newScene(t, down.answer)
		r := s.replica(pace, nil)
		r.accept(t, n)
		r.Start()
		defer r.end(t)
		started := now()
		r.start(t)
		pause(8*time.Minute - time.Second)
		require.Equal(t, int64(n), r.counts(t)[models.StatusPending])
		require.LessOrEqual(t, len(s.hook.seen()), capOf+12)

		down.over.Store(true)
		recovered := now()
		pause(8 * time.Minute)
		require.Equal(t, int64(n), r.counts(t)[models.StatusSent])
		during, after := perWindow(s.hook.seen(), started, pace.Interval, started), perWindow(s.hook.seen(), started, pace.Interval, recovered)
		for window, attempts := range during {
			require.LessOrEqual(t, attempts, capOf, "window %d, retries included", window)
		}
		require.LessOrEqual(t, len(after), n/capOf+2, "and the pace is used")
	})
}

func TestOutage_WithFiftyThousandWaitingThereIsNoHerdAfterwards(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, capOf, lasts, after = 50_000, 200, 6 * time.Minute, 3
		pace := models.Pace{Interval: time.Minute, PerWindow: capOf}
		down := &outage{reply: status(503)}
		s := newScene(t, down.answer)
		r := s.replica(pace, nil)
		r.accept(t, n)
		r.Start()
		defer r.end(t)
		started := now()
		r.start(t)
		pause(lasts)
		require.Equal(t, int64(n), r.counts(t)[models.StatusPending])
		require.LessOrEqual(t, len(s.hook.seen()), 64+6+int(lasts/time.Minute), "what was in flight, and a probe a minute")

		down.over.Store(true)
		recovered := now()
		pause(after * time.Minute)
		for window, attempts := range perWindow(s.hook.seen(), started, pace.Interval, recovered) {
			require.LessOrEqual(t, attempts, capOf, "window %d, retries included", window)
		}
		require.GreaterOrEqual(t, r.counts(t)[models.StatusSent], int64((after-1)*capOf), "and the pace is used")
	})
}

func TestOutage_EverySecondCallRefusedLosesNoMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 300
		var calls atomic.Int64
		s := newScene(t, func(_ context.Context, id string, attempt int) webhook.Reply {
			if calls.Add(1)%2 == 0 && attempt < 3 {
				return status(503)
			}
			return accepted(id)
		})
		r := s.replica(uncapped(), nil)
		r.accept(t, n)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(5 * time.Minute)
		require.Equal(t, int64(n), r.counts(t)[models.StatusSent])
		require.Equal(t, models.WebhookClosed, r.Webhook().State)
		require.LessOrEqual(t, len(s.hook.seen()), 3*n)
	})
}

func TestOutage_AShortOneGivesItsWindowNoMoreThanItsCap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, capOf = 100, 40
		pace := models.Pace{Interval: time.Minute, PerWindow: capOf}
		down := &outage{reply: status(500)}
		s := newScene(t, down.answer)
		r := s.replica(pace, nil)
		r.accept(t, n)
		r.Start()
		defer r.end(t)
		started := now()
		r.start(t)
		pause(3 * time.Second)
		down.over.Store(true)
		pause(5 * time.Minute)
		require.Equal(t, int64(n), r.counts(t)[models.StatusSent])
		for window, attempts := range perWindow(s.hook.seen(), started, pace.Interval, started) {
			require.LessOrEqual(t, attempts, capOf, "window %d", window)
		}
	})
}

func TestOutage_ARevokedKeyFailsFourMessagesAtMost(t *testing.T) {
	t.Parallel()
	for n, pace := range map[int]models.Pace{70: uncapped(), 8: {Interval: 2 * time.Minute, PerWindow: 2}} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				down := &outage{reply: status(401)}
				s := newScene(t, down.answer)
				r := s.replica(pace, nil)
				r.accept(t, n)
				r.Start()
				defer r.end(t)
				r.start(t)
				pause(5 * time.Minute)
				require.LessOrEqual(t, r.counts(t)[models.StatusFailed], int64(4))
				down.over.Store(true)
				pause(7 * time.Minute)
				counts := r.counts(t)
				require.LessOrEqual(t, counts[models.StatusFailed], int64(4))
				require.Equal(t, int64(n), counts[models.StatusFailed]+counts[models.StatusSent])
			})
		})
	}
}

func TestOutage_AtTheDefaultPaceAnUnreachableWebhookFailsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := &outage{reply: webhook.Reply{Verdict: webhook.Retry, Code: models.ErrorCodeUnreachable}}
		s := newScene(t, down.answer)
		r := s.replica(models.Pace{Interval: 2 * time.Minute, PerWindow: 2}, nil)
		r.accept(t, 6)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(5 * time.Minute)
		require.Equal(t, int64(6), r.counts(t)[models.StatusPending])
		down.over.Store(true)
		pause(7 * time.Minute)
		require.Equal(t, int64(6), r.counts(t)[models.StatusSent])
	})
}

func TestOutage_AHungWebhookIsNotFedTheBacklog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 200
		down := &outage{reply: webhook.Reply{Verdict: webhook.Retry, Unknown: true, Code: models.ErrorCodeTimeout, Reason: "no answer"}}
		s := newScene(t, down.answer)
		r := s.replica(uncapped(), nil)
		r.accept(t, n)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(6 * time.Minute)
		require.Equal(t, int64(n), r.counts(t)[models.StatusPending]+r.counts(t)[models.StatusSending])
		require.LessOrEqual(t, len(s.hook.seen()), 64+8)
		for id, attempts := range s.hook.attempts() {
			require.Equal(t, attempts, r.message(t, id).AttemptCount, "it may have arrived, so it counts")
		}
		down.over.Store(true)
		pause(3 * time.Minute)
		require.Equal(t, int64(n), r.counts(t)[models.StatusSent])
	})
}

func TestOutage_OneBadMessageIsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(_ context.Context, id string, _ int) webhook.Reply {
			if id == "m-0000" {
				return status(500)
			}
			return accepted(id)
		})
		r := s.replica(models.Pace{Interval: time.Minute, PerWindow: 1}, func(o *dispatch.Options) { o.MaxAttempts = 7 })
		r.accept(t, 1)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(2 * time.Minute)
		message := r.message(t, "m-0000")
		require.Equal(t, models.StatusFailed, message.Status)
		require.Len(t, message.Attempts, 7)
		require.Equal(t, models.WebhookHealth{State: models.WebhookClosed}, r.Webhook())
	})
}

// Each replica goes by what it sees itself: here one reaches the webhook, the other does not.
func TestOutage_OfOneReplicaIsNotTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 300
		s := newScene(t, func(_ context.Context, id string, _ int) webhook.Reply {
			time.Sleep(20 * time.Millisecond) //nolint:forbidigo // virtual time
			return accepted(id)
		})
		cut := &hook{answer: (&outage{reply: webhook.Reply{Verdict: webhook.Retry, Code: models.ErrorCodeUnreachable}}).answer}
		few := func(o *dispatch.Options) { o.MaxInFlight = 8 }
		well := s.replica(uncapped(), few)
		ill := s.replica(uncapped(), func(o *dispatch.Options) { few(o); o.Sender = cut })
		well.accept(t, n)
		well.Start()
		ill.Start()
		defer well.end(t)
		defer ill.end(t)
		well.start(t)
		pause(3 * time.Minute) // what was a probe of the one waits for a minute
		require.Equal(t, models.WebhookOpen, ill.Webhook().State)
		require.Equal(t, models.WebhookClosed, well.Webhook().State)
		require.Equal(t, int64(n), well.counts(t)[models.StatusSent])
		require.LessOrEqual(t, len(cut.seen()), 8+7)
	})
}
