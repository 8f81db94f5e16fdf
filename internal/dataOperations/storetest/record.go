package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

func recordTests() []test {
	return []test{
		{"a 2xx makes the message sent", func(s *scene) {
			claimed := s.claimOne()
			s.clock.Move(time.Second)
			outcome := s.sent(claimed)
			require.True(s.t, s.record(outcome))
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusSent, got.Status)
			require.Equal(s.t, outcome.MessageID, got.MessageID)
			requireTime(s.t, outcome.At, got.SentAt, "sent at")
			require.True(s.t, got.NextAttemptAt.IsZero(), "a final status has no next attempt")
			require.True(s.t, got.FailedAt.IsZero())
			require.Zero(s.t, got.RetryCount)
			require.Equal(s.t, 1, got.AttemptCount)
			require.Equal(s.t, []models.Attempt{outcome.Attempt}, utc(got.Attempts))
			s.requireCounts(models.Counts{models.StatusSent: 1})
		}},
		{"a 2xx without a provider's id is sent too", func(s *scene) {
			outcome := s.sent(s.claimOne())
			outcome.MessageID = ""
			require.True(s.t, s.record(outcome))
			got := s.message(outcome.ID)
			require.Equal(s.t, models.StatusSent, got.Status)
			require.Empty(s.t, got.MessageID)
		}},
		{"a retry makes the message pending until its time", func(s *scene) {
			claimed := s.claimOne()
			outcome := s.retry(claimed, 5*time.Second)
			require.True(s.t, s.record(outcome))
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusPending, got.Status)
			requireTime(s.t, outcome.NextAttemptAt, got.NextAttemptAt, "next attempt")
			require.Equal(s.t, outcome.Error, got.Error)
			require.Equal(s.t, outcome.ErrorCode, got.ErrorCode)
			require.Equal(s.t, 1, got.RetryCount)
			require.Equal(s.t, []models.Attempt{outcome.Attempt}, utc(got.Attempts))
			s.requireCounts(models.Counts{models.StatusPending: 1})

			require.Empty(s.t, s.claim(1))
			s.clock.Move(5*time.Second - time.Millisecond)
			require.Empty(s.t, s.claim(1))
			s.clock.Move(time.Millisecond)
			require.Len(s.t, s.claim(1), 1)
		}},
		{"a refusal makes the message failed for good", func(s *scene) {
			claimed := s.claimOne()
			outcome := s.failed(claimed)
			require.True(s.t, s.record(outcome))
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusFailed, got.Status)
			require.Equal(s.t, outcome.Error, got.Error)
			require.Equal(s.t, outcome.ErrorCode, got.ErrorCode)
			requireTime(s.t, outcome.At, got.FailedAt, "failed at")
			require.True(s.t, got.NextAttemptAt.IsZero(), "a final status has no next attempt")
			require.True(s.t, got.SentAt.IsZero())
			require.Equal(s.t, 1, got.RetryCount)
			s.clock.Move(time.Hour)
			require.Empty(s.t, s.claim(1))
			s.adopt(10, 0, 0)
			s.requireCounts(models.Counts{models.StatusFailed: 1})
		}},
		{"attempts are appended in their order", attemptsAreAppended},
		{"many outcomes are recorded at once, each by its own merit", func(s *scene) {
			s.run(0)
			s.accept(4)
			claimed := s.claim(4)
			stale := s.sent(claimed[1])
			stale.ClaimID = "somebody else's"
			applied, err := s.store.Record(s.t.Context(), []models.Outcome{
				s.sent(claimed[0]), stale, s.retry(claimed[2], time.Hour), s.failed(claimed[3]),
			})
			require.NoError(s.t, err)
			require.Equal(s.t, []bool{true, false, true, true}, applied)
			s.requireCounts(models.Counts{
				models.StatusSent: 1, models.StatusSending: 1, models.StatusPending: 1, models.StatusFailed: 1,
			})
		}},
		{"nothing is recorded without complaint", func(s *scene) {
			applied, err := s.store.Record(s.t.Context(), nil)
			require.NoError(s.t, err)
			require.Empty(s.t, applied)
		}},
		{"an outcome of an unknown message does not apply", func(s *scene) {
			outcome := s.sent(s.claimOne())
			outcome.ID.Text = "nobody"
			require.False(s.t, s.record(outcome))
		}},
	}
}

func attemptsAreAppended(s *scene) {
	claimed := s.claimOne()
	first := s.retry(claimed, time.Second)
	first.Attempt.Error = "line one\nline \"two\" \u2028"
	require.True(s.t, s.record(first))
	s.clock.Move(time.Second)
	second := s.sent(s.claim(1)[0])
	require.True(s.t, s.record(second))

	got := s.message(claimed.ID)
	require.Equal(s.t, []models.Attempt{first.Attempt, second.Attempt}, utc(got.Attempts))
	require.Equal(s.t, 2, got.AttemptCount)
	require.Equal(s.t, 1, got.RetryCount, "only the failed one counts")
	require.Empty(s.t, got.Error, "what was sent has no error")
	require.Empty(s.t, got.ErrorCode)
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
