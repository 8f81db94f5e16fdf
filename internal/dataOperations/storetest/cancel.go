package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// cancel cancels, and returns the answers.
func (s *scene) cancel(ids ...models.ID) []bool {
	s.t.Helper()
	canceled, err := s.store.Cancel(s.t.Context(), ids)
	require.NoError(s.t, err)
	require.Len(s.t, canceled, len(ids), "one answer for each")
	return canceled
}

func cancelTests() []test {
	return []test{
		{"what waits is canceled, and never sent", func(s *scene) {
			s.run(0)
			scheduled, pending := s.later(time.Second, time.Minute), s.valid(time.Minute)
			require.Equal(s.t, []bool{true, true}, s.cancel(scheduled.ID, pending.ID))
			for _, id := range []models.ID{scheduled.ID, pending.ID} {
				got := s.message(id)
				require.Equal(s.t, models.StatusCanceled, got.Status)
				require.True(s.t, got.NextAttemptAt.IsZero(), "a final status has no next attempt")
				requireTime(s.t, s.clock.Now(), got.UpdatedAt, "updated at")
			}
			s.clock.Move(time.Hour)
			require.Empty(s.t, s.promote(10))
			require.Empty(s.t, s.expire(10))
			s.adopt(10, 0, 0)
			require.Empty(s.t, s.claim(10))
			s.requireCounts(models.Counts{models.StatusCanceled: 2})
		}},
		{"canceling again says the same and changes nothing", func(s *scene) {
			made := s.accept(1)[0]
			require.Equal(s.t, []bool{true}, s.cancel(made.ID))
			s.clock.Move(time.Second)
			s.unchangedBy(made.ID, func() { require.Equal(s.t, []bool{true}, s.cancel(made.ID)) })
			s.requireCounts(models.Counts{models.StatusCanceled: 1})
		}},
		{"what is claimed, final, unknown or not yet adopted is not canceled", func(s *scene) {
			s.run(0)
			s.accept(3)
			claimed := s.claim(3)
			require.True(s.t, s.record(s.sent(claimed[0])))
			require.True(s.t, s.record(s.failed(claimed[1])))
			s.valid(time.Millisecond)
			s.clock.Move(time.Second)
			expired := s.expire(1)
			s.reference("by-hand", unchanged)
			waits := s.accept(1)[0]
			for _, id := range append([]string{"by-hand", expired[0]}, claimedIDs(claimed)...) {
				s.unchangedBy(models.ID{Text: id}, func() { require.Equal(s.t, []bool{false}, s.cancel(models.ID{Text: id})) })
			}
			require.Equal(s.t, []bool{false, true, false}, s.cancel(claimed[2].ID, waits.ID, models.ID{Text: "nobody"}))
			require.True(s.t, s.record(s.sent(claimed[2])), "its claim stands")
		}},
		{"a retry that waits can be canceled, and keeps what happened", func(s *scene) {
			claimed := s.claimOne()
			require.True(s.t, s.record(s.retry(claimed, time.Second)))
			require.Equal(s.t, []bool{true}, s.cancel(claimed.ID))
			got := s.message(claimed.ID)
			require.Equal(s.t, 1, got.AttemptCount)
			require.Equal(s.t, 1, got.RetryCount)
			require.Len(s.t, got.Attempts, 1)
			s.clock.Move(time.Hour)
			require.Empty(s.t, s.claim(1))
		}},
		{"a late 2xx lands on a message that was rescued and then canceled, and nothing less does", func(s *scene) {
			claimed := s.claimOne()
			require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, claimed.Claim))
			require.Equal(s.t, []bool{true}, s.cancel(claimed.ID))
			for _, late := range []models.Outcome{s.retry(claimed, 0), s.failed(claimed), s.postponed(claimed, 0)} {
				s.unchangedBy(claimed.ID, func() { require.False(s.t, s.record(late)) })
			}
			foreign := s.sent(claimed)
			foreign.ClaimID = "somebody else's"
			s.unchangedBy(claimed.ID, func() { require.False(s.t, s.record(foreign)) })

			outcome := s.sent(claimed)
			require.True(s.t, s.record(outcome))
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusSent, got.Status)
			requireTime(s.t, outcome.At, got.SentAt, "sent at")
			require.Equal(s.t, outcome.MessageID, got.MessageID)
			s.unchangedBy(claimed.ID, func() {
				require.True(s.t, s.record(outcome), "the reply was lost, not the write")
				require.Equal(s.t, []bool{false}, s.cancel(claimed.ID))
			})
			s.requireCounts(models.Counts{models.StatusSent: 1})
		}},
		{"a claim given back does not undo a cancellation", func(s *scene) {
			claimed := s.claimOne()
			s.giveBack(claimed)
			require.Equal(s.t, []bool{true}, s.cancel(claimed.ID))
			s.unchangedBy(claimed.ID, func() {
				s.giveBack(claimed)
				require.Zero(s.t, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, claimed.Claim))
				require.False(s.t, s.record(s.sent(claimed)), "it was void from then on")
			})
		}},
		{"an ObjectID can be canceled", func(s *scene) {
			if !s.suite.ObjectIDs {
				s.t.Skip("this store knows no ObjectIDs")
			}
			const digits = "68a795179072a717e6a17f37"
			s.reference(ObjectID(digits), unchanged)
			s.adopt(10, 1, 0)
			require.Equal(s.t, []bool{false}, s.cancel(models.ID{Text: digits}))
			require.Equal(s.t, []bool{true}, s.cancel(models.ID{Text: digits, ObjectID: true}))
		}},
		{"many are canceled at once", func(s *scene) {
			made := s.accept(25)
			for _, canceled := range s.cancel(idsOf(made)...) {
				require.True(s.t, canceled)
			}
			s.requireCounts(models.Counts{models.StatusCanceled: 25})
		}},
		{"nothing is canceled without complaint", func(s *scene) { require.Empty(s.t, s.cancel()) }},
	}
}

func idsOf(messages []models.Message) []models.ID {
	found := make([]models.ID, 0, len(messages))
	for _, message := range messages {
		found = append(found, message.ID)
	}
	return found
}
