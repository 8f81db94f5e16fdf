package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// erase erases one message, and returns it.
func (s *scene) erase(id models.ID) models.Message {
	s.t.Helper()
	erased, err := s.store.Erase(s.t.Context(), id)
	require.NoError(s.t, err)
	require.Equal(s.t, s.message(id), erased, "the answer is what is stored")
	return erased
}

// repeats is an outcome in which the webhook repeats what it was sent.
func (s *scene) repeats(outcome models.Outcome) models.Outcome {
	outcome.Error = "no such number: " + recipient
	outcome.Attempt.Error = outcome.Error
	return outcome
}

func eraseTests() []test {
	return []test{
		{"recipient, content and what the provider repeated of them are gone, the rest stays", func(s *scene) {
			s.run(0)
			made := s.acceptOne(func(m *models.Message) { m.Reference, m.NumSegments = "order-1", 2 })
			require.True(s.t, s.record(s.repeats(s.retry(s.claim(1)[0], 0))))
			require.True(s.t, s.record(s.repeats(s.failed(s.claim(1)[0]))))
			before := s.message(made.ID)
			s.clock.Move(time.Second)
			got := s.erase(made.ID)
			require.Empty(s.t, got.To)
			require.Empty(s.t, got.Content)
			require.NotContains(s.t, got.Error, recipient)
			require.Len(s.t, got.Attempts, 2)
			for i, attempt := range got.Attempts {
				require.NotContains(s.t, attempt.Error, recipient)
				require.NotEmpty(s.t, attempt.Error, "an attempt without an error has succeeded")
				require.Equal(s.t, before.Attempts[i].StatusCode, attempt.StatusCode)
				require.Equal(s.t, before.Attempts[i].StartedAt, attempt.StartedAt)
			}
			requireTime(s.t, s.clock.Now(), got.ErasedAt, "erased at")
			require.Equal(s.t, models.StatusFailed, got.Status)
			require.Equal(s.t, before.ErrorCode, got.ErrorCode)
			require.Equal(s.t, before.FailedAt, got.FailedAt)
			require.Equal(s.t, "order-1", got.Reference)
			require.Equal(s.t, 2, got.NumSegments)
			require.Equal(s.t, before.AttemptCount, got.AttemptCount)
			require.Equal(s.t, before.RetryCount, got.RetryCount)
			s.requireCounts(models.Counts{models.StatusFailed: 1})
		}},
		{"what was sent is sent still, and takes its delivery report", func(s *scene) {
			claimed := s.claimOne()
			require.True(s.t, s.record(s.sent(claimed)))
			got := s.erase(claimed.ID)
			require.Equal(s.t, models.StatusSent, got.Status)
			require.Equal(s.t, "provider-"+claimed.ID.Text, got.MessageID)
			require.False(s.t, got.SentAt.IsZero())
			require.True(s.t, s.deliver(got.MessageID, models.DeliveryDelivered))
			listed, err := s.store.Sent(s.t.Context(), 0, 10)
			require.NoError(s.t, err)
			require.Equal(s.t, []string{claimed.ID.Text}, ids(listed))
			require.Empty(s.t, listed[0].To)
		}},
		{"what waits is canceled by it", func(s *scene) {
			s.run(0)
			for _, made := range []models.Message{s.later(time.Second, time.Minute), s.valid(time.Minute)} {
				got := s.erase(made.ID)
				require.Equal(s.t, models.StatusCanceled, got.Status)
				require.True(s.t, got.NextAttemptAt.IsZero())
			}
			s.clock.Move(time.Hour)
			require.Empty(s.t, s.promote(10))
			require.Empty(s.t, s.expire(10))
			s.adopt(10, 0, 0)
			require.Empty(s.t, s.claim(10))
			s.requireCounts(models.Counts{models.StatusCanceled: 2})
		}},
		{"what was inserted by hand is never sent once it is erased", func(s *scene) {
			s.run(0)
			s.reference("by-hand", unchanged)
			require.Equal(s.t, models.StatusCanceled, s.erase(models.ID{Text: "by-hand"}).Status)
			s.adopt(10, 0, 0)
			require.Empty(s.t, s.claim(10))
		}},
		{"a message of any final status can be erased", func(s *scene) {
			canceled := s.accept(1)[0]
			s.cancel(canceled.ID)
			require.Equal(s.t, models.StatusCanceled, s.erase(canceled.ID).Status)
			expired := s.valid(time.Second)
			s.clock.Move(time.Second)
			require.Len(s.t, s.expire(1), 1)
			require.Equal(s.t, models.StatusExpired, s.erase(expired.ID).Status)
		}},
		{"erasing again changes nothing", func(s *scene) {
			made := s.accept(1)[0]
			s.erase(made.ID)
			s.clock.Move(time.Second)
			s.unchangedBy(made.ID, func() { s.erase(made.ID) })
		}},
		{"what is being sent cannot be erased", func(s *scene) {
			claimed := s.claimOne()
			s.unchangedBy(claimed.ID, func() {
				_, err := s.store.Erase(s.t.Context(), claimed.ID)
				require.Equal(s.t, models.KindConflict, models.KindOf(err))
			})
		}},
		{"a message that does not exist is not found", func(s *scene) {
			_, err := s.store.Erase(s.t.Context(), models.ID{Text: "nobody"})
			require.Equal(s.t, models.KindNotFound, models.KindOf(err))
		}},
		{"a late 2xx lands on it all the same", func(s *scene) {
			claimed := s.claimOne()
			require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, claimed.Claim))
			s.erase(claimed.ID)
			require.True(s.t, s.record(s.sent(claimed)))
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusSent, got.Status)
			require.Empty(s.t, got.To)
			require.False(s.t, got.ErasedAt.IsZero())
		}},
	}
}
