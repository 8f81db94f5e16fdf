package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

func giveBackTests() []test {
	return []test{
		{"a message given back is pending and its attempt not counted", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			before := s.message(t, claimed.ID)
			s.giveBack(t, claimed)
			got := s.message(t, claimed.ID)
			require.Equal(t, models.StatusPending, got.Status)
			require.Zero(t, got.AttemptCount)
			require.Zero(t, got.RetryCount)
			require.Empty(t, got.Attempts)
			requireTime(t, before.CreatedAt, got.NextAttemptAt, "due as before")
			s.requireCounts(t, models.Counts{models.StatusPending: 1})
		}},
		{"a message given back is claimed again in its old place", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			s.clock.Move(time.Second)
			s.accept(t, 1)
			s.giveBack(t, claimed)
			again := s.claim(t, 1)
			require.Equal(t, []string{claimed.ID.Text}, claimedIDs(again))
			require.Equal(t, 1, again[0].Attempt)
		}},
		{"giving back a retry keeps what went before", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			require.True(t, s.record(t, s.retry(claimed, time.Second)))
			s.clock.Move(time.Second)
			before := s.message(t, claimed.ID)
			again := s.claim(t, 1)
			require.Len(t, again, 1)
			s.giveBack(t, again[0])
			got := s.message(t, claimed.ID)
			require.Equal(t, 1, got.AttemptCount)
			require.Equal(t, 1, got.RetryCount)
			require.Equal(t, before.Attempts, got.Attempts)
			require.Equal(t, before.NextAttemptAt, got.NextAttemptAt)
		}},
		{"a first attempt returns to the current window", func(t *testing.T, s *scene) {
			s.run(t, 2)
			s.accept(t, 5)
			claimed := s.claim(t, 5)
			require.Len(t, claimed, 2)
			require.Zero(t, s.scheduler(t).WindowRemaining)
			s.giveBack(t, claimed...)
			require.Equal(t, 2, s.scheduler(t).WindowRemaining)
			s.giveBack(t, claimed...)
			require.Equal(t, 2, s.scheduler(t).WindowRemaining, "repeating it returns nothing more")
			require.Len(t, s.claim(t, 5), 2)
			require.Empty(t, s.claim(t, 5))
		}},
		{"a first attempt does not return to a later window", func(t *testing.T, s *scene) {
			s.run(t, 2)
			s.accept(t, 9)
			claimed := s.claim(t, 9)
			require.Len(t, claimed, 2)
			s.clock.Move(interval)
			require.Len(t, s.claim(t, 1), 1, "this opens the later window")
			s.giveBack(t, claimed...)
			require.Equal(t, 1, s.scheduler(t).WindowRemaining)
			require.Len(t, s.claim(t, 9), 1, "what was given back draws like any first attempt")
		}},
		{"nothing returns to the window of a scheduler that stopped", func(t *testing.T, s *scene) {
			s.run(t, 2)
			s.accept(t, 9)
			claimed := s.claim(t, 9)
			s.stop(t)
			s.giveBack(t, claimed...)
			require.Zero(t, s.scheduler(t).WindowRemaining)
			require.Equal(t, models.StatusPending, s.message(t, claimed[0].ID).Status)
			s.start(t)
			require.Len(t, s.claim(t, 9), 2)
			require.Empty(t, s.claim(t, 9))
		}},
		{"a retry given back returns nothing to the window", func(t *testing.T, s *scene) {
			s.run(t, 1)
			s.accept(t, 2)
			first := s.claim(t, 1)
			require.True(t, s.record(t, s.retry(first[0], 0)))
			again := s.claim(t, 2)
			require.Equal(t, claimedIDs(first), claimedIDs(again))
			s.giveBack(t, again...)
			require.Zero(t, s.scheduler(t).WindowRemaining)
			require.Equal(t, claimedIDs(first), claimedIDs(s.claim(t, 2)), "and it still does not draw")
		}},
		{"a claim that no longer stands is not given back", func(t *testing.T, s *scene) {
			stale := s.claimOne(t)
			require.True(t, s.record(t, s.retry(stale, 0)))
			s.unchangedBy(t, stale.ID, func() { s.giveBack(t, stale) })
			current := s.claim(t, 1)[0]
			s.unchangedBy(t, stale.ID, func() { s.giveBack(t, stale) })
			require.Equal(t, 1, s.rescue(t, dataoperations.RescuePolicy{MaxAttempts: 3, Replica: replica}, current.Claim))
			s.unchangedBy(t, stale.ID, func() { s.giveBack(t, current) })
		}},
		{"a claim given back is void", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			s.giveBack(t, claimed)
			for _, outcome := range []models.Outcome{s.sent(claimed), s.retry(claimed, 0), s.failed(claimed)} {
				s.unchangedBy(t, claimed.ID, func() { require.False(t, s.record(t, outcome)) })
			}
		}},
		{"nothing is given back without complaint", func(t *testing.T, s *scene) {
			require.NoError(t, s.store.GiveBack(t.Context(), nil))
		}},
	}
}

// giveBack gives the claims back.
func (s *scene) giveBack(t *testing.T, claimed ...models.Claimed) {
	t.Helper()
	require.NoError(t, s.store.GiveBack(t.Context(), claimsOf(claimed)))
}
