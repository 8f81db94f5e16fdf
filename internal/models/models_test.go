package models_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"auto-message-sender/internal/models"
)

func TestStatus_OnlyTheseTransitionsAreAllowed(t *testing.T) {
	t.Parallel()
	const (
		scheduled, pending, sending = models.StatusScheduled, models.StatusPending, models.StatusSending
		sent, failed                = models.StatusSent, models.StatusFailed
		canceled, expired           = models.StatusCanceled, models.StatusExpired
	)
	// To sent other than from sending: the late 2xx of a claim that was rescued before.
	allowed := map[models.Status][]models.Status{
		scheduled: {pending, canceled, expired},
		pending:   {sending, sent, failed, canceled, expired},
		sending:   {pending, sent, failed},
		sent:      {},
		failed:    {pending, sent},
		canceled:  {sent},
		expired:   {pending, sent},
	}
	require.Len(t, models.Statuses(), len(allowed))
	for _, from := range models.Statuses() {
		for _, to := range models.Statuses() {
			require.Equal(t, slices.Contains(allowed[from], to), from.CanBecome(to), "%s to %s", from, to)
			require.Equal(t, from.CanBecome(to), slices.Contains(to.Sources(), from), "%s to %s", from, to)
		}
	}
	require.False(t, models.Status("unheard of").CanBecome(pending))
}

func TestResult_LeadsToAStatusThatSendingMayBecome(t *testing.T) {
	t.Parallel()
	for _, result := range []models.Result{models.ResultSent, models.ResultRetry, models.ResultFailed} {
		require.True(t, models.StatusSending.CanBecome(result.Status()))
	}
	require.Empty(t, models.Result(0).Status())
}

func epoch() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func running(interval time.Duration, perWindow int) models.Scheduler {
	return models.Scheduler{Pace: models.Pace{Interval: interval, PerWindow: perWindow}}.
		Started(models.SchedulerLog{ID: "start-1", Timestamp: epoch()})
}

func TestTurn_TheFirstWindowOpensAtStart(t *testing.T) {
	t.Parallel()
	state, changed := running(2*time.Minute, 2).Turn(epoch())
	require.True(t, changed)
	require.EqualValues(t, 1, state.WindowSeq)
	require.Equal(t, 2, state.WindowRemaining)
	require.Equal(t, epoch().Add(2*time.Minute), state.NextWindowAt)
	require.Equal(t, 2, state.Allowance(64))
	require.Equal(t, 1, state.Allowance(1))

	same, changed := state.Turn(epoch().Add(2*time.Minute - time.Millisecond))
	require.False(t, changed)
	require.Equal(t, state, same)
}

func TestTurn_LeftOverBudgetIsNotCarriedOn(t *testing.T) {
	t.Parallel()
	state, _ := running(time.Minute, 5).Turn(epoch())
	state = state.Drawn(1)
	require.Equal(t, 4, state.WindowRemaining)
	state, _ = state.Turn(epoch().Add(time.Minute))
	require.Equal(t, 5, state.WindowRemaining)
}

func TestTurn_MissedWindowsAreNotCaughtUpAndThePhaseStays(t *testing.T) {
	t.Parallel()
	state, _ := running(2*time.Minute, 2).Turn(epoch())
	state, changed := state.Turn(epoch().Add(time.Hour + 7*time.Second))
	require.True(t, changed)
	require.EqualValues(t, 2, state.WindowSeq)
	require.Equal(t, 2, state.WindowRemaining)
	require.Equal(t, epoch().Add(time.Hour+2*time.Minute), state.NextWindowAt)
}

func TestTurn_ANextWindowFurtherOffThanOneIntervalIsPutRight(t *testing.T) {
	t.Parallel()
	state, _ := running(2*time.Minute, 2).Turn(epoch())
	state = state.Drawn(2)
	back := epoch().Add(-10 * time.Minute) // the clock was set back
	state, changed := state.Turn(back)
	require.True(t, changed)
	require.EqualValues(t, 1, state.WindowSeq, "no window opens for it")
	require.Zero(t, state.WindowRemaining)
	require.Equal(t, back.Add(2*time.Minute), state.NextWindowAt)
}

func TestTurn_StoppedOpensNothing(t *testing.T) {
	t.Parallel()
	state, _ := running(time.Minute, 2).Turn(epoch())
	state = state.Stopped(models.SchedulerLog{Timestamp: epoch().Add(time.Second)})
	require.Zero(t, state.Allowance(10))
	_, changed := state.Turn(epoch().Add(time.Hour))
	require.False(t, changed)
}

func TestAllowance_WithoutAPaceThereIsNone(t *testing.T) {
	t.Parallel()
	require.Zero(t, models.Scheduler{Running: true}.Allowance(64))
}

func TestTurn_WithoutACapTheAllowanceIsTheSlots(t *testing.T) {
	t.Parallel()
	state, _ := running(time.Minute, 0).Turn(epoch())
	require.Equal(t, 64, state.Allowance(64))
	require.Equal(t, 64, state.Drawn(64).Allowance(64))
}

func TestTurn_TheNextWindowIsAlwaysAheadAndOnThePhase(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		interval := time.Duration(rapid.Int64Range(1, int64(48*time.Hour/time.Millisecond)).Draw(t, "interval")) * time.Millisecond
		state := running(interval, rapid.IntRange(1, 10).Draw(t, "cap"))
		now := epoch()
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(-int64(time.Hour), int64(72*time.Hour)).Draw(t, "step")))
			before := state.WindowSeq
			state, _ = state.Turn(now)
			require.LessOrEqual(t, state.WindowSeq, before+1)
			require.True(t, state.NextWindowAt.After(now))
			require.LessOrEqual(t, state.NextWindowAt.Sub(now), interval+min(time.Second, interval/2))
			require.Zero(t, state.NextWindowAt.Sub(epoch())%interval)
		}
	})
}

func TestKindOf_FindsTheKindInAChain(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("outer: %w", models.Unavailable("the store is away", errors.New("dial tcp")))
	require.Equal(t, models.KindUnavailable, models.KindOf(err))
	require.EqualError(t, err, "outer: the store is away: dial tcp")
	require.Zero(t, models.KindOf(errors.New("plain")))
	require.EqualError(t, models.Invalid(models.FieldError{Field: "to", Message: "is empty"}, models.FieldError{Field: "content", Message: "is too long"}),
		"the request is not valid: to is empty; content is too long")
}

func TestPaced_TheNextWindowIsOnThePhaseAndWithinTheNewInterval(t *testing.T) {
	t.Parallel()
	const minute = time.Minute
	stopped := running(10*minute, 5).Stopped(models.SchedulerLog{Timestamp: epoch()})
	for _, test := range []struct {
		name      string
		before    models.Scheduler // its first window has opened at the epoch
		pace      models.Pace
		at        time.Duration // after the epoch
		next      time.Duration
		remaining int
	}{
		{"shorter", running(10*minute, 5), models.Pace{Interval: 2 * minute, PerWindow: 5}, 3 * minute, 4 * minute, 5},
		{"shorter, at the phase", running(10*minute, 5), models.Pace{Interval: 2 * minute, PerWindow: 5}, 4 * minute, 6 * minute, 5},
		{"longer", running(10*minute, 5), models.Pace{Interval: 30 * minute, PerWindow: 5}, 3 * minute, 10 * minute, 5},
		{"one that is due stays due", running(10*minute, 5), models.Pace{Interval: 2 * minute, PerWindow: 5}, 11 * minute, 10 * minute, 5},
		{"the clock was set back", running(10*minute, 5), models.Pace{Interval: 4 * minute, PerWindow: 5}, -3 * minute, 0, 5},
		{"lower cap", running(10*minute, 5), models.Pace{Interval: 10 * minute, PerWindow: 2}, minute, 10 * minute, 2},
		{"higher cap", running(10*minute, 5), models.Pace{Interval: 10 * minute, PerWindow: 9}, minute, 10 * minute, 5},
		{"no cap", running(10*minute, 5), models.Pace{Interval: 10 * minute}, minute, 10 * minute, 5},
		{"no interval", running(10*minute, 5), models.Pace{PerWindow: 5}, minute, 10 * minute, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before, _ := test.before.Turn(epoch())
			after := before.Paced(test.pace, epoch().Add(test.at))
			expected := before
			expected.Pace, expected.WindowRemaining, expected.NextWindowAt = test.pace, test.remaining, epoch().Add(test.next)
			require.Equal(t, expected, after)
		})
	}
	after := stopped.Paced(models.Pace{Interval: minute, PerWindow: 1}, epoch().Add(minute))
	stopped.Pace = models.Pace{Interval: minute, PerWindow: 1}
	require.Equal(t, stopped, after, "there is no next window")
}
