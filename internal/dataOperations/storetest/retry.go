package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// again is a person's retry; it returns the answers.
func (s *scene) again(ids ...models.ID) []bool {
	s.t.Helper()
	retried, err := s.store.Retry(s.t.Context(), ids)
	require.NoError(s.t, err)
	require.Len(s.t, retried, len(ids), "one answer for each")
	return retried
}

// failedOne accepts one message under a cap of one, and lets it fail; it is in the
// first window.
func (s *scene) failedOne() models.Claimed {
	s.t.Helper()
	s.run(1)
	s.accept(1)
	claimed := s.claim(1)
	require.Len(s.t, claimed, 1)
	require.True(s.t, s.record(s.failed(claimed[0])))
	return claimed[0]
}

func retryTests() []test {
	return []test{
		{"what failed is due again, and keeps what happened", func(s *scene) {
			claimed := s.failedOne()
			before := s.message(claimed.ID)
			s.clock.Move(time.Second)
			require.Equal(s.t, []bool{true}, s.again(claimed.ID))
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusPending, got.Status)
			requireTime(s.t, s.clock.Now(), got.NextAttemptAt, "due")
			require.True(s.t, got.FailedAt.IsZero())
			require.Empty(s.t, got.Error)
			require.Empty(s.t, got.ErrorCode)
			require.Equal(s.t, 1, got.AttemptCount)
			require.Equal(s.t, 1, got.PriorAttempts)
			require.Equal(s.t, 1, got.RetryCount)
			require.Equal(s.t, before.Attempts, got.Attempts)
			s.requireCounts(models.Counts{models.StatusPending: 1})
		}},
		{"it draws from a window like a new message", func(s *scene) {
			claimed := s.failedOne()
			require.Equal(s.t, []bool{true}, s.again(claimed.ID))
			require.Empty(s.t, s.claim(1), "the window is used up")
			s.clock.Move(interval)
			result := s.claimResult(1)
			require.Len(s.t, result.Claimed, 1)
			require.Equal(s.t, result.Scheduler.WindowSeq, result.Claimed[0].Window)
			require.Equal(s.t, 2, result.Claimed[0].Attempt)
			require.Equal(s.t, 1, result.Claimed[0].Prior)
			require.Zero(s.t, result.Scheduler.WindowRemaining)
		}},
		{"it has as many attempts as a new message, crashed ones counted", rescuedAfterRetry},
		{"what expired is valid again for as long", func(s *scene) {
			s.run(0)
			made := s.later(time.Second, time.Minute)
			s.clock.Move(time.Hour)
			require.Len(s.t, s.expire(1), 1)
			require.Equal(s.t, []bool{true}, s.again(made.ID))
			got := s.message(made.ID)
			require.Equal(s.t, models.StatusPending, got.Status)
			requireTime(s.t, s.clock.Now().Add(time.Minute), got.ExpiresAt, "expires at")
			require.Equal(s.t, time.Minute, got.Validity)
			require.Zero(s.t, got.PriorAttempts)
			require.Empty(s.t, s.expire(1))
			claimed := s.claim(1)
			require.Len(s.t, claimed, 1)
			requireTime(s.t, got.ExpiresAt, claimed[0].ExpiresAt, "expires at")
		}},
		{"what failed is valid afresh, or for ever as before", func(s *scene) {
			s.run(0)
			s.valid(time.Minute)
			s.clock.Move(time.Second)
			s.accept(1)
			claimed := s.claim(2)
			for _, one := range claimed {
				require.True(s.t, s.record(s.failed(one)))
			}
			s.clock.Move(time.Hour)
			require.Equal(s.t, []bool{true, true}, s.again(claimed[0].ID, claimed[1].ID))
			requireTime(s.t, s.clock.Now().Add(time.Minute), s.message(claimed[0].ID).ExpiresAt, "expires at")
			require.True(s.t, s.message(claimed[1].ID).ExpiresAt.IsZero())
		}},
		{"what was to be sent by a time still is, until that has passed", func(s *scene) {
			s.run(0)
			at := s.clock.Now().Add(time.Hour)
			s.reference("by-hand", func(f map[string]any) { f["expires_at"] = at })
			s.adopt(10, 1, 0)
			claimed := s.claim(1)
			require.Len(s.t, claimed, 1)
			require.True(s.t, s.record(s.failed(claimed[0])))
			require.Equal(s.t, []bool{true}, s.again(claimed[0].ID))
			requireTime(s.t, at, s.message(claimed[0].ID).ExpiresAt, "expires at")
			s.clock.Move(time.Hour)
			require.Empty(s.t, s.claim(1), "its time has passed")
			require.Equal(s.t, []string{"by-hand"}, s.expire(1))

			require.Equal(s.t, []bool{true}, s.again(claimed[0].ID))
			require.True(s.t, s.message(claimed[0].ID).ExpiresAt.IsZero(), "somebody wants it sent all the same")
			require.Equal(s.t, []string{"by-hand"}, claimedIDs(s.claim(1)))
		}},
		{"a late 2xx lands on a held message that was retried, until it is claimed again", func(s *scene) {
			s.run(0)
			s.accept(2)
			claimed := s.claim(2)
			require.Equal(s.t, 2, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3, Hold: true}, claimed[0].Claim, claimed[1].Claim))
			require.Equal(s.t, []bool{true, true}, s.again(claimed[0].ID, claimed[1].ID))
			require.True(s.t, s.record(s.sent(claimed[0])))
			require.Equal(s.t, models.StatusSent, s.message(claimed[0].ID).Status)
			require.Equal(s.t, []string{claimed[1].ID.Text}, claimedIDs(s.claim(2)))
			s.unchangedBy(claimed[1].ID, func() { require.False(s.t, s.record(s.sent(claimed[1]))) })
		}},
		{"retrying again did nothing", func(s *scene) {
			claimed := s.failedOne()
			require.Equal(s.t, []bool{true}, s.again(claimed.ID))
			s.clock.Move(time.Second)
			s.unchangedBy(claimed.ID, func() { require.Equal(s.t, []bool{false}, s.again(claimed.ID)) })
			s.requireCounts(models.Counts{models.StatusPending: 1})
		}},
		{"only what failed or expired is retried", func(s *scene) {
			s.run(0)
			s.accept(2)
			claimed := s.claim(2)
			require.True(s.t, s.record(s.sent(claimed[0])))
			canceled, scheduled, pending := s.accept(1)[0], s.later(time.Hour, 0), s.accept(1)[0]
			s.cancel(canceled.ID)
			for _, id := range []models.ID{claimed[0].ID, claimed[1].ID, canceled.ID, scheduled.ID, pending.ID} {
				s.unchangedBy(id, func() { require.Equal(s.t, []bool{false}, s.again(id), id) })
			}
			require.Equal(s.t, []bool{false}, s.again(models.ID{Text: "nobody"}))
		}},
		{"what was erased is not retried", func(s *scene) {
			claimed := s.failedOne()
			s.erase(claimed.ID)
			s.unchangedBy(claimed.ID, func() { require.Equal(s.t, []bool{false}, s.again(claimed.ID)) })
		}},
		{"what was refused as invalid is not sent for being retried", func(s *scene) {
			s.run(0)
			s.reference("bad", func(f map[string]any) { f["to"] = "garbage" })
			s.adopt(10, 0, 1)
			s.unchangedBy(models.ID{Text: "bad"}, func() { require.Equal(s.t, []bool{false}, s.again(models.ID{Text: "bad"})) })
			require.Empty(s.t, s.claim(1))
		}},
		{"nothing is retried without complaint", func(s *scene) { require.Empty(s.t, s.again()) }},
	}
}

// rescuedAfterRetry crashes every attempt: two at first, and two after the retry.
func rescuedAfterRetry(s *scene) {
	s.run(0)
	made := s.accept(1)[0]
	policy := dataoperations.RescuePolicy{MaxAttempts: 2}
	for round := range 3 {
		for attempt := range 2 {
			claimed := s.claim(1)
			require.Len(s.t, claimed, 1)
			require.Equal(s.t, 2*round, claimed[0].Prior)
			require.Equal(s.t, 2*round+attempt+1, claimed[0].Attempt)
			require.Equal(s.t, 1, s.rescue(policy, claimed[0].Claim))
		}
		got := s.message(made.ID)
		require.Equal(s.t, models.StatusFailed, got.Status)
		require.Equal(s.t, models.ErrorCodeAttemptsExhausted, got.ErrorCode)
		require.Len(s.t, got.Attempts, 2*round+2)
		require.Equal(s.t, []bool{true}, s.again(made.ID))
	}
}
