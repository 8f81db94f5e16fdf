package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

func giveBackTests() []test {
	return []test{
		{"a message given back is pending and its attempt not counted", func(s *scene) {
			claimed := s.claimOne()
			before := s.message(claimed.ID)
			s.giveBack(claimed)
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusPending, got.Status)
			require.Zero(s.t, got.AttemptCount)
			require.Zero(s.t, got.RetryCount)
			require.Empty(s.t, got.Attempts)
			requireTime(s.t, before.CreatedAt, got.NextAttemptAt, "due as before")
			s.requireCounts(models.Counts{models.StatusPending: 1})
		}},
		{"a message given back is claimed again in its old place", func(s *scene) {
			claimed := s.claimOne()
			s.clock.Move(time.Second)
			s.accept(1)
			s.giveBack(claimed)
			again := s.claim(1)
			require.Equal(s.t, []string{claimed.ID.Text}, claimedIDs(again))
			require.Equal(s.t, 1, again[0].Attempt)
		}},
		{"giving back a retry keeps what went before", func(s *scene) {
			claimed := s.claimOne()
			require.True(s.t, s.record(s.retry(claimed, time.Second)))
			s.clock.Move(time.Second)
			before := s.message(claimed.ID)
			again := s.claim(1)
			require.Len(s.t, again, 1)
			s.giveBack(again[0])
			got := s.message(claimed.ID)
			require.Equal(s.t, 1, got.AttemptCount)
			require.Equal(s.t, 1, got.RetryCount)
			require.Equal(s.t, before.Attempts, got.Attempts)
			require.Equal(s.t, before.NextAttemptAt, got.NextAttemptAt)
		}},
		{"a first attempt returns to the current window", func(s *scene) {
			s.run(2)
			s.accept(5)
			claimed := s.claim(5)
			require.Len(s.t, claimed, 2)
			require.Zero(s.t, s.scheduler().WindowRemaining)
			s.giveBack(claimed...)
			require.Equal(s.t, 2, s.scheduler().WindowRemaining)
			s.giveBack(claimed...)
			require.Equal(s.t, 2, s.scheduler().WindowRemaining, "repeating it returns nothing more")
			require.Len(s.t, s.claim(5), 2)
			require.Empty(s.t, s.claim(5))
		}},
		{"a first attempt does not return to a later window", func(s *scene) {
			s.run(2)
			s.accept(9)
			claimed := s.claim(9)
			require.Len(s.t, claimed, 2)
			s.clock.Move(interval)
			require.Len(s.t, s.claim(1), 1, "this opens the later window")
			s.giveBack(claimed...)
			require.Equal(s.t, 1, s.scheduler().WindowRemaining)
			require.Len(s.t, s.claim(9), 1, "what was given back draws like any first attempt")
		}},
		{"nothing returns to a window before the first has opened", func(s *scene) {
			s.run(0)
			s.acceptOne(func(m *models.Message) { m.CreatedAt = s.clock.Now().Add(-time.Hour) })
			s.clock.Move(-10 * time.Minute) // so that the first window is not due any more
			result := s.claimResult(1)
			require.Len(s.t, result.Claimed, 1, "there is no cap")
			require.Zero(s.t, result.Scheduler.WindowSeq)
			require.NoError(s.t, s.store.Configure(s.t.Context(), models.Pace{Interval: interval, PerWindow: 2}))
			s.giveBack(result.Claimed...)
			require.Zero(s.t, s.scheduler().WindowRemaining)
		}},
		{"nothing returns to the window of a scheduler that stopped", func(s *scene) {
			s.run(2)
			s.accept(9)
			claimed := s.claim(9)
			s.stop()
			s.giveBack(claimed...)
			require.Zero(s.t, s.scheduler().WindowRemaining)
			require.Equal(s.t, models.StatusPending, s.message(claimed[0].ID).Status)
			s.start()
			require.Len(s.t, s.claim(9), 2)
			require.Empty(s.t, s.claim(9))
		}},
		{"a retry given back returns nothing to the window", func(s *scene) {
			s.run(1)
			s.accept(2)
			first := s.claim(1)
			require.True(s.t, s.record(s.retry(first[0], 0)))
			again := s.claim(2)
			require.Equal(s.t, claimedIDs(first), claimedIDs(again))
			s.giveBack(again...)
			require.Zero(s.t, s.scheduler().WindowRemaining)
			require.Equal(s.t, claimedIDs(first), claimedIDs(s.claim(2)), "and it still does not draw")
		}},
		{"a claim that no longer stands is not given back", func(s *scene) {
			stale := s.claimOne()
			require.True(s.t, s.record(s.retry(stale, 0)))
			s.unchangedBy(stale.ID, func() { s.giveBack(stale) })
			current := s.claim(1)[0]
			s.unchangedBy(stale.ID, func() { s.giveBack(stale) })
			require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, current.Claim))
			s.unchangedBy(stale.ID, func() { s.giveBack(current) })
		}},
		{"a claim given back is void", func(s *scene) {
			claimed := s.claimOne()
			s.giveBack(claimed)
			for _, outcome := range []models.Outcome{s.sent(claimed), s.retry(claimed, 0), s.failed(claimed)} {
				s.unchangedBy(claimed.ID, func() { require.False(s.t, s.record(outcome)) })
			}
		}},
		{"nothing is given back without complaint", func(s *scene) {
			require.NoError(s.t, s.store.GiveBack(s.t.Context(), nil))
		}},
	}
}

// giveBack gives the claims back.
func (s *scene) giveBack(claimed ...models.Claimed) {
	s.t.Helper()
	require.NoError(s.t, s.store.GiveBack(s.t.Context(), claimsOf(claimed)))
}
