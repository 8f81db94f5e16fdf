package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// canceledContext returns a context that is over.
func canceledContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func windowTests() []test {
	return []test{
		{"the first window opens at the start", func(s *scene) {
			s.run(2)
			s.accept(5)
			result := s.claimResult(5)
			require.True(s.t, result.WindowOpened)
			require.Len(s.t, result.Claimed, 2)
			requireTime(s.t, s.clock.Now().Add(interval), result.Scheduler.NextWindowAt, "next window")
		}},
		{"all stores together draw what one window allows", func(s *scene) {
			s.run(3)
			s.accept(9)
			stores := []dataoperations.Store{s.store, s.open(), s.open()}
			for range 2 {
				var total, opened int
				for range 3 {
					for _, store := range stores {
						result, err := store.Claim(s.t.Context(), dataoperations.ClaimRequest{Owner: replica, Lease: lease, Max: 2})
						require.NoError(s.t, err)
						total += len(result.Claimed)
						if result.WindowOpened {
							opened++
						}
					}
				}
				require.Equal(s.t, 3, total)
				require.Equal(s.t, 1, opened)
				s.clock.Move(interval)
			}
		}},
		{"a window opens at its time and not before", func(s *scene) {
			s.run(1)
			s.accept(3)
			require.Len(s.t, s.claim(5), 1)
			s.clock.Move(interval - time.Millisecond)
			require.Empty(s.t, s.claim(5))
			s.clock.Move(time.Millisecond)
			require.Len(s.t, s.claim(5), 1)
		}},
		{"windows missed are not caught up and keep their phase", func(s *scene) {
			s.run(2)
			started := s.clock.Now()
			s.accept(9)
			require.Len(s.t, s.claim(9), 2)
			s.clock.Move(5*interval + 30*time.Second)
			result := s.claimResult(9)
			require.Len(s.t, result.Claimed, 2)
			require.Empty(s.t, s.claim(9))
			requireTime(s.t, started.Add(6*interval), s.scheduler().NextWindowAt, "next window")
		}},
		{"budget left over is not carried on", func(s *scene) {
			s.run(3)
			s.accept(1)
			require.Len(s.t, s.claim(9), 1)
			s.accept(9)
			s.clock.Move(interval)
			require.Len(s.t, s.claim(9), 3)
		}},
		{"budget left over serves until the next window", func(s *scene) {
			s.run(3)
			s.accept(1)
			require.Len(s.t, s.claim(9), 1)
			s.clock.Move(interval / 2)
			s.accept(9)
			require.Len(s.t, s.claim(9), 2)
		}},
		{"retries and rescued messages do not draw", retriesDoNotDraw},
		{"without a cap everything due is claimed", func(s *scene) {
			s.run(0)
			s.accept(20)
			require.Len(s.t, s.claim(15), 15)
			require.Len(s.t, s.claim(15), 5)
		}},
		{"a stop ends what the window still allowed", func(s *scene) {
			s.run(3)
			s.accept(9)
			require.Len(s.t, s.claim(1), 1)
			s.stop()
			s.clock.Move(time.Second)
			s.start()
			require.Len(s.t, s.claim(9), 3, "the new start has a window of its own, and only that")
			requireTime(s.t, s.clock.Now().Add(interval), s.scheduler().NextWindowAt, "next window")
		}},
		{"window numbers never fall", func(s *scene) {
			s.run(1)
			var last int64
			for range 3 {
				result := s.claimResult(1)
				require.True(s.t, result.WindowOpened)
				require.Greater(s.t, result.Scheduler.WindowSeq, last)
				last = result.Scheduler.WindowSeq
				s.stop()
				s.start()
			}
		}},
		{"a window is put right when the clock was set back", func(s *scene) {
			s.run(2)
			s.accept(9)
			require.Len(s.t, s.claim(9), 2)
			s.clock.Move(-3 * time.Hour)
			result := s.claimResult(9)
			require.Empty(s.t, result.Claimed)
			require.False(s.t, result.WindowOpened)
			next := s.scheduler().NextWindowAt
			require.False(s.t, next.After(s.clock.Now().Add(interval)), "the next window is hours away")
			s.clock.Move(next.Sub(s.clock.Now()))
			require.True(s.t, s.claimResult(9).WindowOpened)
		}},
		{"a pace changed from capped to uncapped holds at once", func(s *scene) {
			s.run(1)
			s.accept(9)
			require.Len(s.t, s.claim(9), 1)
			require.NoError(s.t, s.store.Configure(s.t.Context(), models.Pace{Interval: interval, PerWindow: 0}))
			require.Len(s.t, s.claim(9), 8)
		}},
	}
}

func retriesDoNotDraw(s *scene) {
	s.run(2)
	s.accept(4)
	first := s.claim(4)
	require.Len(s.t, first, 2)
	require.True(s.t, s.record(s.retry(first[0], time.Second)))
	require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, first[1].Claim))
	s.clock.Move(time.Second)
	again := s.claim(4)
	require.ElementsMatch(s.t, claimedIDs(first), claimedIDs(again), "the window is used up, but not for retries")
	for _, claimed := range again {
		require.Equal(s.t, 2, claimed.Attempt)
		require.Zero(s.t, claimed.Window, "a retry has drawn from no window")
		require.True(s.t, s.record(s.retry(claimed, interval)))
	}
	s.clock.Move(interval)
	require.Len(s.t, s.claim(9), 4, "two retries and the two that the new window allows")
	require.Zero(s.t, s.scheduler().WindowRemaining)
}
