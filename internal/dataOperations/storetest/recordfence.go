package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

func recordFenceTests() []test {
	return []test{
		{"a stale claim's record changes nothing", func(s *scene) {
			stale := s.claimOne()
			require.True(s.t, s.record(s.retry(stale, 0)))
			current := s.claim(1)[0]
			for _, outcome := range []models.Outcome{s.sent(stale), s.retry(stale, time.Hour), s.failed(stale)} {
				s.unchangedBy(stale.ID, func() { require.False(s.t, s.record(outcome)) })
			}
			require.True(s.t, s.record(s.sent(current)), "the current claim still stands")
		}},
		{"a message that was not claimed takes no outcome", func(s *scene) {
			message := s.accept(1)[0]
			for _, claimID := range []string{"", "invented"} {
				claimed := models.Claimed{Claim: models.Claim{ID: message.ID, ClaimID: claimID}, Attempt: 1}
				for _, outcome := range []models.Outcome{s.sent(claimed), s.retry(claimed, 0), s.failed(claimed)} {
					s.unchangedBy(message.ID, func() { require.False(s.t, s.record(outcome)) })
				}
			}
		}},
		{"a late 2xx lands on a message that was rescued", func(s *scene) {
			claimed := s.claimOne()
			require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, claimed.Claim))
			require.True(s.t, s.record(s.sent(claimed)))
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusSent, got.Status)
			require.True(s.t, got.NextAttemptAt.IsZero())
			require.Len(s.t, got.Attempts, 2, "what rescue knew, and what came late")
			require.Empty(s.t, s.claim(1), "it is not sent again")
			s.requireCounts(models.Counts{models.StatusSent: 1})
		}},
		{"a late 2xx lands on a message that was held", func(s *scene) {
			claimed := s.claimOne()
			require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3, Hold: true}, claimed.Claim))
			require.True(s.t, s.record(s.sent(claimed)))
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusSent, got.Status)
			require.True(s.t, got.FailedAt.IsZero())
			require.Empty(s.t, got.Error)
			require.Empty(s.t, got.ErrorCode)
			s.requireCounts(models.Counts{models.StatusSent: 1})
		}},
		{"a late 2xx lands on a message that was held and set back by hand", func(s *scene) {
			claimed := s.claimOne()
			require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3, Hold: true}, claimed.Claim))
			s.data.UpdateByHand(s.t, claimed.ID.Text, map[string]any{"status": "pending"})
			require.True(s.t, s.record(s.sent(claimed)), "nobody has adopted it yet")
			s.adopt(10, 0, 0)
			require.Equal(s.t, models.StatusSent, s.message(claimed.ID).Status)
			s.requireCounts(models.Counts{models.StatusSent: 1})
		}},
		{"a late failure does not land on a message that was rescued", func(s *scene) {
			claimed := s.claimOne()
			require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, claimed.Claim))
			for _, outcome := range []models.Outcome{s.retry(claimed, time.Hour), s.failed(claimed)} {
				s.unchangedBy(claimed.ID, func() { require.False(s.t, s.record(outcome)) })
			}
		}},
		{"a late 2xx does not land after the next claim", func(s *scene) {
			claimed := s.claimOne()
			require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, claimed.Claim))
			again := s.claim(1)
			require.Len(s.t, again, 1)
			s.unchangedBy(claimed.ID, func() { require.False(s.t, s.record(s.sent(claimed))) })
			require.True(s.t, s.record(s.sent(again[0])))
		}},
		{"a stale 2xx is not taken for the one that another claim recorded", func(s *scene) {
			stale := s.claimOne()
			require.True(s.t, s.record(s.retry(stale, 0)))
			require.True(s.t, s.record(s.sent(s.claim(1)[0])))
			s.unchangedBy(stale.ID, func() { require.False(s.t, s.record(s.sent(stale))) })
		}},
		{"sent is never overwritten by anything less", func(s *scene) {
			claimed := s.claimOne()
			require.True(s.t, s.record(s.sent(claimed)))
			s.unchangedBy(claimed.ID, func() {
				require.False(s.t, s.record(s.retry(claimed, 0)))
				require.False(s.t, s.record(s.failed(claimed)))
				require.NoError(s.t, s.store.GiveBack(s.t.Context(), []models.Claim{claimed.Claim}))
				require.Zero(s.t, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, claimed.Claim))
				s.adopt(10, 0, 0)
				require.Empty(s.t, s.claim(1))
			})
		}},
		{"a repeated record answers true and changes nothing", func(s *scene) {
			s.run(0)
			s.accept(3)
			claimed := s.claim(3)
			outcomes := []models.Outcome{s.sent(claimed[0]), s.retry(claimed[1], time.Hour), s.failed(claimed[2])}
			for _, outcome := range outcomes {
				require.True(s.t, s.record(outcome))
				s.unchangedBy(outcome.ID, func() {
					s.clock.Move(time.Second)
					require.True(s.t, s.record(outcome), "the reply was lost, not the write")
				})
			}
			applied, err := s.store.Record(s.t.Context(), outcomes)
			require.NoError(s.t, err)
			require.Equal(s.t, []bool{true, true, true}, applied)
			s.requireCounts(models.Counts{models.StatusSent: 1, models.StatusPending: 1, models.StatusFailed: 1})
		}},
		{"what another outcome of the same claim recorded is not one's own", func(s *scene) {
			claimed := s.claimOne()
			require.True(s.t, s.record(s.failed(claimed)))
			s.unchangedBy(claimed.ID, func() { require.False(s.t, s.record(s.retry(claimed, 0))) })
		}},
	}
}

// unchangedBy demands that the message is the same before and after do.
func (s *scene) unchangedBy(id models.ID, do func()) {
	s.t.Helper()
	before := s.message(id)
	do()
	require.Equal(s.t, before, s.message(id), "the message was changed")
}
