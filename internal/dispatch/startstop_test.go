package dispatch_test

import (
	"context"
	"fmt"
	"runtime/pprof"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

func TestStop_NoReplicaStartsAnAttemptASecondAfterItsAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(_ context.Context, id string, _ int) webhook.Reply {
			time.Sleep(40 * time.Millisecond) //nolint:forbidigo // virtual time
			return accepted(id)
		})
		few := func(o *dispatch.Options) { o.MaxInFlight = 2 }
		a, b := s.replica(uncapped(), few), s.replica(uncapped(), few)
		a.accept(t, 500)
		a.Start()
		b.Start()
		defer a.end(t)
		defer b.end(t)
		a.start(t)
		pause(time.Second)
		_, inFlight, err := a.Scheduler().Stop(t.Context(), "test", "enough")
		require.NoError(t, err)
		require.LessOrEqual(t, inFlight, 4)
		stopped := now()
		pause(time.Minute)

		calls := s.hook.seen()
		require.Greater(t, len(calls), 20)
		require.Less(t, len(calls), 500)
		for _, c := range calls {
			require.LessOrEqual(t, c.at.Sub(stopped), time.Second)
		}
		claims, err := a.store.Claims(t.Context(), 10)
		require.NoError(t, err)
		require.Empty(t, claims, "what was under way is recorded, what had not begun is given back")
	})
}

func TestStartStop_AThousandTimesLeavesOneLoop(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	r := s.replica(uncapped(), nil)
	r.Start()
	defer r.end(t)
	for range 1000 {
		r.start(t)
		_, _, err := r.Scheduler().Stop(t.Context(), "test", "")
		require.NoError(t, err)
	}
	r.start(t)
	requireOneLoop(t, r)
	_, total, err := r.store.SchedulerLogs(t.Context(), 0, 1)
	require.NoError(t, err)
	require.EqualValues(t, 2001, total)
}

func TestRun_TwiceLeavesOneLoopAndCloseCanBeRepeated(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	r := s.replica(uncapped(), nil)
	r.Start()
	defer r.end(t)
	for range 100 {
		r.Scheduler().Run()
		r.Scheduler().Run()
		requireOneLoop(t, r)
		r.Scheduler().Close()
		r.Scheduler().Close()
	}
}

// requireOneLoop counts the loops of this replica's scheduler among all
// goroutines; a new one may not have begun yet.
func requireOneLoop(t *testing.T, r *replica) {
	t.Helper()
	require.Eventually(t, func() bool { return loopsOf(t, r) > 0 }, 10*time.Second, time.Millisecond)
	require.Equal(t, 1, loopsOf(t, r))
}

func loopsOf(t *testing.T, r *replica) int {
	t.Helper()
	var stacks strings.Builder
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&stacks, 2))
	return strings.Count(stacks.String(), fmt.Sprintf("(*Scheduler).follow(%p,", r.Scheduler()))
}

func TestDrain_WhatIsUnderWayEndsAndIsRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(_ context.Context, id string, _ int) webhook.Reply {
			time.Sleep(20 * time.Second) //nolint:forbidigo // virtual time
			return accepted(id)
		})
		r := s.replica(uncapped(), func(o *dispatch.Options) { o.MaxInFlight = 5 })
		r.accept(t, 20)
		r.Start()
		r.start(t)
		pause(time.Second)
		r.end(t)
		require.Len(t, s.hook.seen(), 5)

		after := s.replica(uncapped(), nil)
		defer func() { require.NoError(t, after.store.Close()) }()
		counts, err := after.store.Counts(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 5, counts[models.StatusSent])
		require.EqualValues(t, 15, counts[models.StatusPending])
		require.Zero(t, counts[models.StatusSending])
	})
}
