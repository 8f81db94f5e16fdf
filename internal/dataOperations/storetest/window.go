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
		{"the first window opens at the start", func(t *testing.T, s *scene) {
			s.run(t, 2)
			s.accept(t, 5)
			result := s.claimResult(t, 5)
			require.True(t, result.WindowOpened)
			require.Len(t, result.Claimed, 2)
			requireTime(t, s.clock.Now().Add(interval), result.Scheduler.NextWindowAt, "next window")
		}},
		{"all stores together draw what one window allows", func(t *testing.T, s *scene) {
			s.run(t, 3)
			s.accept(t, 9)
			stores := []dataoperations.Store{s.store, s.open(t), s.open(t)}
			for range 2 {
				var total, opened int
				for range 3 {
					for _, store := range stores {
						result, err := store.Claim(t.Context(), dataoperations.ClaimRequest{Owner: replica, Lease: lease, Max: 2})
						require.NoError(t, err)
						total += len(result.Claimed)
						if result.WindowOpened {
							opened++
						}
					}
				}
				require.Equal(t, 3, total)
				require.Equal(t, 1, opened)
				s.clock.Move(interval)
			}
		}},
		{"a window opens at its time and not before", func(t *testing.T, s *scene) {
			s.run(t, 1)
			s.accept(t, 3)
			require.Len(t, s.claim(t, 5), 1)
			s.clock.Move(interval - time.Millisecond)
			require.Empty(t, s.claim(t, 5))
			s.clock.Move(time.Millisecond)
			require.Len(t, s.claim(t, 5), 1)
		}},
		{"windows missed are not caught up and keep their phase", func(t *testing.T, s *scene) {
			s.run(t, 2)
			started := s.clock.Now()
			s.accept(t, 9)
			require.Len(t, s.claim(t, 9), 2)
			s.clock.Move(5*interval + 30*time.Second)
			result := s.claimResult(t, 9)
			require.Len(t, result.Claimed, 2)
			require.Empty(t, s.claim(t, 9))
			requireTime(t, started.Add(6*interval), s.scheduler(t).NextWindowAt, "next window")
		}},
		{"budget left over is not carried on", func(t *testing.T, s *scene) {
			s.run(t, 3)
			s.accept(t, 1)
			require.Len(t, s.claim(t, 9), 1)
			s.accept(t, 9)
			s.clock.Move(interval)
			require.Len(t, s.claim(t, 9), 3)
		}},
		{"budget left over serves until the next window", func(t *testing.T, s *scene) {
			s.run(t, 3)
			s.accept(t, 1)
			require.Len(t, s.claim(t, 9), 1)
			s.clock.Move(interval / 2)
			s.accept(t, 9)
			require.Len(t, s.claim(t, 9), 2)
		}},
		{"retries and rescued messages do not draw", retriesDoNotDraw},
		{"without a cap everything due is claimed", func(t *testing.T, s *scene) {
			s.run(t, 0)
			s.accept(t, 20)
			require.Len(t, s.claim(t, 15), 15)
			require.Len(t, s.claim(t, 15), 5)
		}},
		{"a stop ends what the window still allowed", func(t *testing.T, s *scene) {
			s.run(t, 3)
			s.accept(t, 9)
			require.Len(t, s.claim(t, 1), 1)
			s.stop(t)
			s.clock.Move(time.Second)
			s.start(t)
			require.Len(t, s.claim(t, 9), 3, "the new start has a window of its own, and only that")
			requireTime(t, s.clock.Now().Add(interval), s.scheduler(t).NextWindowAt, "next window")
		}},
		{"window numbers never fall", func(t *testing.T, s *scene) {
			s.run(t, 1)
			var last int64
			for range 3 {
				result := s.claimResult(t, 1)
				require.True(t, result.WindowOpened)
				require.Greater(t, result.Scheduler.WindowSeq, last)
				last = result.Scheduler.WindowSeq
				s.stop(t)
				s.start(t)
			}
		}},
		{"a window is put right when the clock was set back", func(t *testing.T, s *scene) {
			s.run(t, 2)
			s.accept(t, 9)
			require.Len(t, s.claim(t, 9), 2)
			s.clock.Move(-3 * time.Hour)
			result := s.claimResult(t, 9)
			require.Empty(t, result.Claimed)
			require.False(t, result.WindowOpened)
			next := s.scheduler(t).NextWindowAt
			require.False(t, next.After(s.clock.Now().Add(interval)), "the next window is hours away")
			s.clock.Move(next.Sub(s.clock.Now()))
			require.True(t, s.claimResult(t, 9).WindowOpened)
		}},
		{"a pace changed from capped to uncapped holds at once", func(t *testing.T, s *scene) {
			s.run(t, 1)
			s.accept(t, 9)
			require.Len(t, s.claim(t, 9), 1)
			require.NoError(t, s.store.Configure(t.Context(), models.Pace{Interval: interval, PerWindow: 0}))
			require.Len(t, s.claim(t, 9), 8)
		}},
	}
}

func retriesDoNotDraw(t *testing.T, s *scene) {
	s.run(t, 2)
	s.accept(t, 4)
	first := s.claim(t, 4)
	require.Len(t, first, 2)
	require.True(t, s.record(t, s.retry(first[0], time.Second)))
	require.Equal(t, 1, s.rescue(t, dataoperations.RescuePolicy{MaxAttempts: 3, Replica: replica}, first[1].Claim))
	s.clock.Move(time.Second)
	again := s.claim(t, 4)
	require.ElementsMatch(t, claimedIDs(first), claimedIDs(again), "the window is used up, but not for retries")
	for _, claimed := range again {
		require.Equal(t, 2, claimed.Attempt)
		require.Zero(t, claimed.Window, "a retry has drawn from no window")
		require.True(t, s.record(t, s.retry(claimed, interval)))
	}
	s.clock.Move(interval)
	require.Len(t, s.claim(t, 9), 4, "two retries and the two that the new window allows")
	require.Zero(t, s.scheduler(t).WindowRemaining)
}
