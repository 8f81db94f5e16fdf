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

func TestDispatch_EachMessageGoesOutOnceAndIsRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 300
		s := newScene(t, nil)
		r := s.replica(uncapped(), nil)
		r.accept(t, n)
		r.Start()
		defer r.end(t)
		pause(time.Second)
		require.Empty(t, s.hook.seen(), "not started yet")
		r.start(t)
		pause(10 * time.Second)

		require.Len(t, s.hook.seen(), n)
		require.Len(t, s.hook.attempts(), n)
		for id := range s.hook.attempts() {
			message := r.message(t, id)
			require.Equal(t, models.StatusSent, message.Status)
			require.Equal(t, "provider-"+id, message.MessageID)
			require.Equal(t, 1, message.AttemptCount)
			require.Zero(t, message.RetryCount)
			require.Len(t, message.Attempts, 1)
			require.Contains(t, r.receipts.got, "provider-"+id)
		}
	})
}

func TestDispatch_FailuresAreRepeatedAfterOneAndTwoSecondsThenGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(context.Context, string, int) webhook.Reply { return busy() })
		r := s.replica(models.Pace{Interval: time.Hour, PerWindow: 1}, nil)
		r.accept(t, 1)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(30 * time.Second)

		calls := s.hook.seen()
		require.Len(t, calls, 3, "retries draw nothing from the window")
		between := func(from, to time.Duration, got time.Duration) {
			require.GreaterOrEqual(t, got, from)
			require.LessOrEqual(t, got, to+300*time.Millisecond)
		}
		between(500*time.Millisecond, 1500*time.Millisecond, calls[1].at.Sub(calls[0].at))
		between(time.Second, 3*time.Second, calls[2].at.Sub(calls[1].at))
		message := r.message(t, "m-0000")
		require.Equal(t, models.StatusFailed, message.Status)
		require.Equal(t, "http_503", message.ErrorCode)
		require.Equal(t, 3, message.AttemptCount)
		require.Equal(t, 3, message.RetryCount)
		require.Len(t, message.Attempts, 3)
	})
}

func TestDispatch_ARetryIsStoredAndSurvivesARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(_ context.Context, id string, attempt int) webhook.Reply {
			if attempt == 1 {
				return busy()
			}
			return accepted(id)
		})
		first := s.replica(models.Pace{Interval: time.Hour, PerWindow: 1}, nil)
		first.accept(t, 1)
		first.Start()
		first.start(t)
		pause(100 * time.Millisecond)
		first.end(t)
		require.Len(t, s.hook.seen(), 1)

		second := s.replica(models.Pace{Interval: time.Hour, PerWindow: 1}, nil)
		second.Start()
		defer second.end(t)
		pause(3 * time.Second)
		require.Len(t, s.hook.seen(), 2, "the scheduler still runs, and the retry is due")
		message := second.message(t, "m-0000")
		require.Equal(t, models.StatusSent, message.Status)
		require.Equal(t, 1, message.RetryCount)
	})
}

func TestDispatch_TwoReplicasShareTheBudgetOfAWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const perWindow, windows = 2, 10
		s := newScene(t, nil)
		pace := models.Pace{Interval: 2 * time.Minute, PerWindow: perWindow}
		a, b := s.replica(pace, nil), s.replica(pace, nil)
		a.accept(t, perWindow*windows+5)
		a.Start()
		b.Start()
		defer a.end(t)
		defer b.end(t)
		started := now()
		a.start(t)
		pause(windows*pace.Interval - time.Second)

		perSlot := map[int]int{}
		calls := s.hook.seen()
		for i, c := range calls {
			require.Equal(t, fmt.Sprintf("m-%04d", i/perWindow*perWindow), fmt.Sprintf("m-%04d", number(t, c.id)/perWindow*perWindow), "oldest first")
			since := c.at.Sub(started)
			perSlot[int(since/pace.Interval)]++
			require.Less(t, since%pace.Interval, 300*time.Millisecond, "on the phase of the start")
		}
		require.Len(t, perSlot, windows)
		for slot, n := range perSlot {
			require.Equal(t, perWindow, n, "window %d", slot)
		}
	})
}

func number(t *testing.T, id string) (n int) {
	t.Helper()
	_, err := fmt.Sscanf(id, "m-%d", &n)
	require.NoError(t, err)
	return n
}

func TestDispatch_AKilledReplicasMessageIsSentAgainWithTheSameKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		revive := make(chan struct{})
		s := newScene(t, func(_ context.Context, id string, attempt int) webhook.Reply {
			if attempt == 1 {
				<-revive // killed in mid-send, as far as anybody can see
			}
			return accepted(id)
		})
		killed := s.replica(uncapped(), nil)
		killed.accept(t, 1)
		killed.Start()
		killed.start(t)
		pause(time.Second)
		require.Len(t, s.hook.seen(), 1)

		other := s.replica(uncapped(), nil)
		other.Start()
		defer other.end(t)
		pause(attemptTimeout)
		require.Len(t, s.hook.seen(), 1, "the lease is not over")
		pause(attemptTimeout)
		calls := s.hook.seen()
		require.Len(t, calls, 2)
		require.Equal(t, calls[0].id, calls[1].id)
		message := other.message(t, "m-0000")
		require.Equal(t, models.StatusSent, message.Status)
		require.Equal(t, 2, message.AttemptCount)

		close(revive) // it was only frozen: its outcome comes too late
		killed.end(t)
		require.Equal(t, message, other.message(t, "m-0000"), "a stale outcome changes nothing")
	})
}

func TestDispatch_AnUnknownOutcomeIsHeldWhereThatIsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(context.Context, string, int) webhook.Reply {
			return webhook.Reply{Verdict: webhook.Retry, Unknown: true, Code: models.ErrorCodeTimeout, Reason: "no answer"}
		})
		r := s.replica(uncapped(), func(o *dispatch.Options) { o.Hold = true })
		r.accept(t, 1)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(time.Minute)
		require.Len(t, s.hook.seen(), 1)
		message := r.message(t, "m-0000")
		require.Equal(t, models.StatusFailed, message.Status)
		require.Equal(t, models.ErrorCodeOutcomeUnknown, message.ErrorCode)
	})
}

func TestNew_NamesEverythingThatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := dispatch.New(dispatch.Options{Lease: -1})
	for _, name := range []string{
		"Store", "Sender", "Receipts", "Inspect", "Log", "Replica", "AttemptTimeout", "Lease, longer than AttemptTimeout by a second,", "MaxInFlight", "MaxAttempts", "NewID", "Now",
	} {
		require.ErrorContains(t, err, name+" is required")
	}
}
