package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

func recordFenceTests() []test {
	return []test{
		{"a stale claim's record changes nothing", func(t *testing.T, s *scene) {
			stale := s.claimOne(t)
			require.True(t, s.record(t, s.retry(stale, 0)))
			current := s.claim(t, 1)[0]
			for _, outcome := range []models.Outcome{s.sent(stale), s.retry(stale, time.Hour), s.failed(stale)} {
				s.unchangedBy(t, stale.ID, func() { require.False(t, s.record(t, outcome)) })
			}
			require.True(t, s.record(t, s.sent(current)), "the current claim still stands")
		}},
		{"a message that was not claimed takes no outcome", func(t *testing.T, s *scene) {
			message := s.accept(t, 1)[0]
			for _, claimID := range []string{"", "invented"} {
				claimed := models.Claimed{Claim: models.Claim{ID: message.ID, ClaimID: claimID}, Attempt: 1}
				for _, outcome := range []models.Outcome{s.sent(claimed), s.retry(claimed, 0), s.failed(claimed)} {
					s.unchangedBy(t, message.ID, func() { require.False(t, s.record(t, outcome)) })
				}
			}
		}},
		{"a late 2xx lands on a message that was rescued", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			require.Equal(t, 1, s.rescue(t, dataoperations.RescuePolicy{MaxAttempts: 3, Replica: replica}, claimed.Claim))
			require.True(t, s.record(t, s.sent(claimed)))
			got := s.message(t, claimed.ID)
			require.Equal(t, models.StatusSent, got.Status)
			require.True(t, got.NextAttemptAt.IsZero())
			require.Len(t, got.Attempts, 2, "what rescue knew, and what came late")
			require.Empty(t, s.claim(t, 1), "it is not sent again")
			s.requireCounts(t, models.Counts{models.StatusSent: 1})
		}},
		{"a late 2xx lands on a message that was held", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			require.Equal(t, 1, s.rescue(t, dataoperations.RescuePolicy{MaxAttempts: 3, Hold: true, Replica: replica}, claimed.Claim))
			require.True(t, s.record(t, s.sent(claimed)))
			got := s.message(t, claimed.ID)
			require.Equal(t, models.StatusSent, got.Status)
			require.True(t, got.FailedAt.IsZero())
			require.Empty(t, got.Error)
			require.Empty(t, got.ErrorCode)
			s.requireCounts(t, models.Counts{models.StatusSent: 1})
		}},
		{"a late failure does not land on a message that was rescued", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			require.Equal(t, 1, s.rescue(t, dataoperations.RescuePolicy{MaxAttempts: 3, Replica: replica}, claimed.Claim))
			for _, outcome := range []models.Outcome{s.retry(claimed, time.Hour), s.failed(claimed)} {
				s.unchangedBy(t, claimed.ID, func() { require.False(t, s.record(t, outcome)) })
			}
		}},
		{"a late 2xx does not land after the next claim", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			require.Equal(t, 1, s.rescue(t, dataoperations.RescuePolicy{MaxAttempts: 3, Replica: replica}, claimed.Claim))
			again := s.claim(t, 1)
			require.Len(t, again, 1)
			s.unchangedBy(t, claimed.ID, func() { require.False(t, s.record(t, s.sent(claimed))) })
			require.True(t, s.record(t, s.sent(again[0])))
		}},
		{"sent is never overwritten by anything less", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			require.True(t, s.record(t, s.sent(claimed)))
			s.unchangedBy(t, claimed.ID, func() {
				require.False(t, s.record(t, s.retry(claimed, 0)))
				require.False(t, s.record(t, s.failed(claimed)))
				require.NoError(t, s.store.GiveBack(t.Context(), []models.Claim{claimed.Claim}))
				require.Zero(t, s.rescue(t, dataoperations.RescuePolicy{MaxAttempts: 3}, claimed.Claim))
				s.adopt(t, 10, 0, 0)
				require.Empty(t, s.claim(t, 1))
			})
		}},
		{"a repeated record answers true and changes nothing", func(t *testing.T, s *scene) {
			s.run(t, 0)
			s.accept(t, 3)
			claimed := s.claim(t, 3)
			outcomes := []models.Outcome{s.sent(claimed[0]), s.retry(claimed[1], time.Hour), s.failed(claimed[2])}
			for _, outcome := range outcomes {
				require.True(t, s.record(t, outcome))
				s.unchangedBy(t, outcome.ID, func() {
					s.clock.Move(time.Second)
					require.True(t, s.record(t, outcome), "the reply was lost, not the write")
				})
			}
			applied, err := s.store.Record(t.Context(), outcomes)
			require.NoError(t, err)
			require.Equal(t, []bool{true, true, true}, applied)
			s.requireCounts(t, models.Counts{models.StatusSent: 1, models.StatusPending: 1, models.StatusFailed: 1})
		}},
		{"what another outcome of the same claim recorded is not one's own", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			require.True(t, s.record(t, s.failed(claimed)))
			s.unchangedBy(t, claimed.ID, func() { require.False(t, s.record(t, s.retry(claimed, 0))) })
		}},
	}
}

// unchangedBy demands that the message is the same before and after do.
func (s *scene) unchangedBy(t *testing.T, id models.ID, do func()) {
	t.Helper()
	before := s.message(t, id)
	do()
	require.Equal(t, before, s.message(t, id), "the message was changed")
}
