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

// acceptAt accepts one message that is to be sent at a time, and may be for so long.
func (r *replica) acceptAt(t *testing.T, id string, at time.Time, validity time.Duration) {
	t.Helper()
	message := models.Message{
		ID: models.ID{Text: id}, To: "+905551111111", Content: "hi", Priority: models.PriorityNormal,
		CreatedAt: now(), SendAt: at, Validity: validity,
	}
	if validity > 0 {
		message.ExpiresAt = at.Add(validity)
	}
	require.NoError(t, r.store.Accept(t.Context(), message))
}

func TestPromote_AScheduledMessageGoesOutAtItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, nil)
		r := s.replica(uncapped(), nil)
		began := now()
		due := map[string]time.Time{}
		for i := range 40 {
			id := fmt.Sprintf("m-%04d", i)
			due[id] = began.Add(time.Minute + time.Duration(i)*777*time.Millisecond)
			r.acceptAt(t, id, due[id], time.Minute)
		}
		r.Start()
		defer r.end(t)
		r.start(t)
		for range 1000 { // somebody wakes the loop all the time
			pause(117 * time.Millisecond)
			r.Scheduler().Wake()
		}
		calls := s.hook.seen()
		require.Len(t, calls, len(due))
		for _, c := range calls {
			require.False(t, c.at.Before(due[c.id]), "%s went out early", c.id)
			require.Less(t, c.at.Sub(due[c.id]), late, "%s", c.id)
		}
	})
}

func TestPromote_WhatIsScheduledDrawsFromTheWindowOfItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, nil)
		r := s.replica(byDefault(), nil)
		began := now()
		for i := range 4 {
			r.acceptAt(t, fmt.Sprintf("m-%04d", i), began.Add(2*time.Minute), 0)
		}
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(5 * time.Minute)
		calls := s.hook.seen()
		require.Len(t, calls, 4)
		for i, c := range calls {
			require.Less(t, c.at.Sub(began.Add(time.Duration(1+i/2)*2*time.Minute)), late, "two at each window")
		}
	})
}

func TestExpire_GoesOnWhileNothingIsSent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(context.Context, string, int) webhook.Reply
		begin  func(t *testing.T, r *replica)
	}{
		"stopped": {nil, func(*testing.T, *replica) {}},
		"the breaker is open": {(&outage{reply: status(500)}).answer, func(t *testing.T, r *replica) {
			t.Helper()
			r.accept(t, 10)
			r.start(t)
			pause(time.Second)
			require.Equal(t, models.WebhookOpen, r.Webhook().State)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, test.answer)
				r := s.replica(uncapped(), nil)
				r.Start()
				defer r.end(t)
				test.begin(t, r)
				for i := range 1200 { // more than one batch
					r.acceptAt(t, fmt.Sprintf("later-%04d", i), now(), 3*time.Second)
				}
				r.acceptAt(t, "scheduled", now().Add(time.Second), 0)
				pause(3*time.Second - time.Millisecond)
				require.Equal(t, models.StatusPending, r.message(t, "later-0000").Status)
				require.Equal(t, models.StatusPending, r.message(t, "scheduled").Status)
				pause(late)
				require.EqualValues(t, 1200, r.counts(t)[models.StatusExpired])
			})
		})
	}
}

func TestExpire_NoByteLeavesAtOrAfterItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, validity = 60, 10 * time.Second
		s := newScene(t, func(_ context.Context, id string, attempt int) webhook.Reply {
			time.Sleep(600 * time.Millisecond) //nolint:forbidigo // virtual time
			if number(t, id)%3 == 0 || attempt == 2 {
				return accepted(id)
			}
			return webhook.Reply{Verdict: webhook.Retry, StatusCode: 408, Code: "http_408", Reason: "webhook answered 408"}
		})
		slow := &slowToConnect{hook: s.hook}
		r := s.replica(uncapped(), func(o *dispatch.Options) { o.MaxInFlight, o.Sender = 4, slow })
		began := now()
		for i := range n {
			r.acceptAt(t, fmt.Sprintf("m-%04d", i), began, validity)
		}
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(time.Minute)
		calls := s.hook.seen()
		require.Greater(t, len(calls), 10)
		for _, c := range calls {
			require.True(t, c.at.Before(began.Add(validity)), "%s went out %s late", c.id, c.at.Sub(began.Add(validity)))
		}
		counts := r.counts(t)
		require.Positive(t, counts[models.StatusSent])
		require.Positive(t, counts[models.StatusExpired])
		require.EqualValues(t, n, counts[models.StatusSent]+counts[models.StatusExpired], "none is left waiting")
		require.Positive(t, slow.held.Load(), "some were claimed, and too late to begin")
		for i := range n {
			message := r.message(t, fmt.Sprintf("m-%04d", i))
			require.Len(t, message.Attempts, s.hook.attempts()[message.ID.Text], "what did not begin is not counted")
			require.Equal(t, len(message.Attempts), message.AttemptCount)
		}
	})
}

func TestRetry_OfAPersonGrantsAsManyAttemptsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(context.Context, string, int) webhook.Reply { return busy() })
		r := s.replica(uncapped(), nil)
		r.accept(t, 1)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(time.Minute)
		require.Len(t, s.hook.seen(), 3)
		retried, err := r.store.Retry(t.Context(), []models.ID{{Text: "m-0000"}})
		require.NoError(t, err)
		require.Equal(t, []bool{true}, retried)
		again := now()
		pause(time.Minute)
		calls := s.hook.seen()
		require.Len(t, calls, 6)
		require.Less(t, calls[4].at.Sub(again), 3*time.Second, "the waits begin anew too")
		message := r.message(t, "m-0000")
		require.Equal(t, models.StatusFailed, message.Status)
		require.Equal(t, 6, message.AttemptCount)
		require.Equal(t, 3, message.PriorAttempts)
	})
}
