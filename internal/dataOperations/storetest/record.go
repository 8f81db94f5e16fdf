package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

func recordTests() []test {
	return []test{
		{"a 2xx makes the message sent", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			s.clock.Move(time.Second)
			outcome := s.sent(claimed)
			require.True(t, s.record(t, outcome))
			got := s.message(t, claimed.ID)
			require.Equal(t, models.StatusSent, got.Status)
			require.Equal(t, outcome.MessageID, got.MessageID)
			requireTime(t, outcome.At, got.SentAt, "sent at")
			require.True(t, got.NextAttemptAt.IsZero(), "a final status has no next attempt")
			require.True(t, got.FailedAt.IsZero())
			require.Zero(t, got.RetryCount)
			require.Equal(t, 1, got.AttemptCount)
			require.Equal(t, []models.Attempt{outcome.Attempt}, utc(got.Attempts))
			s.requireCounts(t, models.Counts{models.StatusSent: 1})
		}},
		{"a 2xx without a provider's id is sent too", func(t *testing.T, s *scene) {
			outcome := s.sent(s.claimOne(t))
			outcome.MessageID = ""
			require.True(t, s.record(t, outcome))
			got := s.message(t, outcome.ID)
			require.Equal(t, models.StatusSent, got.Status)
			require.Empty(t, got.MessageID)
		}},
		{"a retry makes the message pending until its time", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			outcome := s.retry(claimed, 5*time.Second)
			require.True(t, s.record(t, outcome))
			got := s.message(t, claimed.ID)
			require.Equal(t, models.StatusPending, got.Status)
			requireTime(t, outcome.NextAttemptAt, got.NextAttemptAt, "next attempt")
			require.Equal(t, outcome.Error, got.Error)
			require.Equal(t, outcome.ErrorCode, got.ErrorCode)
			require.Equal(t, 1, got.RetryCount)
			require.Equal(t, []models.Attempt{outcome.Attempt}, utc(got.Attempts))
			s.requireCounts(t, models.Counts{models.StatusPending: 1})

			require.Empty(t, s.claim(t, 1))
			s.clock.Move(5*time.Second - time.Millisecond)
			require.Empty(t, s.claim(t, 1))
			s.clock.Move(time.Millisecond)
			require.Len(t, s.claim(t, 1), 1)
		}},
		{"a refusal makes the message failed for good", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			outcome := s.failed(claimed)
			require.True(t, s.record(t, outcome))
			got := s.message(t, claimed.ID)
			require.Equal(t, models.StatusFailed, got.Status)
			require.Equal(t, outcome.Error, got.Error)
			require.Equal(t, outcome.ErrorCode, got.ErrorCode)
			requireTime(t, outcome.At, got.FailedAt, "failed at")
			require.True(t, got.NextAttemptAt.IsZero(), "a final status has no next attempt")
			require.True(t, got.SentAt.IsZero())
			require.Equal(t, 1, got.RetryCount)
			s.clock.Move(time.Hour)
			require.Empty(t, s.claim(t, 1))
			s.adopt(t, 10, 0, 0)
			s.requireCounts(t, models.Counts{models.StatusFailed: 1})
		}},
		{"attempts are appended in their order", attemptsAreAppended},
		{"many outcomes are recorded at once, each by its own merit", func(t *testing.T, s *scene) {
			s.run(t, 0)
			s.accept(t, 4)
			claimed := s.claim(t, 4)
			stale := s.sent(claimed[1])
			stale.ClaimID = "somebody else's"
			applied, err := s.store.Record(t.Context(), []models.Outcome{
				s.sent(claimed[0]), stale, s.retry(claimed[2], time.Hour), s.failed(claimed[3]),
			})
			require.NoError(t, err)
			require.Equal(t, []bool{true, false, true, true}, applied)
			s.requireCounts(t, models.Counts{
				models.StatusSent: 1, models.StatusSending: 1, models.StatusPending: 1, models.StatusFailed: 1,
			})
		}},
		{"nothing is recorded without complaint", func(t *testing.T, s *scene) {
			applied, err := s.store.Record(t.Context(), nil)
			require.NoError(t, err)
			require.Empty(t, applied)
		}},
		{"an outcome of an unknown message does not apply", func(t *testing.T, s *scene) {
			outcome := s.sent(s.claimOne(t))
			outcome.ID.Text = "nobody"
			require.False(t, s.record(t, outcome))
		}},
	}
}

func attemptsAreAppended(t *testing.T, s *scene) {
	claimed := s.claimOne(t)
	first := s.retry(claimed, time.Second)
	first.Attempt.Error = "line one\nline \"two\" \u2028"
	require.True(t, s.record(t, first))
	s.clock.Move(time.Second)
	second := s.sent(s.claim(t, 1)[0])
	require.True(t, s.record(t, second))

	got := s.message(t, claimed.ID)
	require.Equal(t, []models.Attempt{first.Attempt, second.Attempt}, utc(got.Attempts))
	require.Equal(t, 2, got.AttemptCount)
	require.Equal(t, 1, got.RetryCount, "only the failed one counts")
	require.Empty(t, got.Error, "what was sent has no error")
	require.Empty(t, got.ErrorCode)
}

// utc returns the attempts with their times in UTC, so that they can be compared.
func utc(attempts []models.Attempt) []models.Attempt {
	same := make([]models.Attempt, 0, len(attempts))
	for _, attempt := range attempts {
		attempt.StartedAt = attempt.StartedAt.UTC()
		same = append(same, attempt)
	}
	return same
}
