package storetest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

func rescueTests() []test {
	resend := dataoperations.RescuePolicy{MaxAttempts: 3, Replica: "rescuer"}
	hold := dataoperations.RescuePolicy{MaxAttempts: 3, Hold: true, Replica: "rescuer"}
	return []test{
		{"a rescued message is due at once and its attempt has failed", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			s.clock.Move(time.Minute)
			require.Equal(t, 1, s.rescue(t, resend, claimed.Claim))
			got := s.message(t, claimed.ID)
			require.Equal(t, models.StatusPending, got.Status)
			requireTime(t, s.clock.Now(), got.NextAttemptAt, "due at once")
			require.Equal(t, 1, got.AttemptCount)
			require.Equal(t, 1, got.RetryCount)
			require.NotEmpty(t, got.Error)
			require.Len(t, got.Attempts, 1)
			require.Equal(t, 1, got.Attempts[0].Number)
			require.NotEmpty(t, got.Attempts[0].Error)
			require.Equal(t, "rescuer", got.Attempts[0].Replica)
			require.Zero(t, got.Attempts[0].StatusCode)
			requireTime(t, s.clock.Now().Add(-time.Minute), got.Attempts[0].StartedAt, "the claim's time")
			s.requireCounts(t, models.Counts{models.StatusPending: 1})

			again := s.claim(t, 1)
			require.Len(t, again, 1)
			require.Equal(t, 2, again[0].Attempt)
		}},
		{"a message without attempts left fails", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			require.Equal(t, 1, s.rescue(t, dataoperations.RescuePolicy{MaxAttempts: 1, Replica: "rescuer"}, claimed.Claim))
			got := s.message(t, claimed.ID)
			require.Equal(t, models.StatusFailed, got.Status)
			require.Equal(t, models.ErrorCodeAttemptsExhausted, got.ErrorCode)
			require.NotEmpty(t, got.Error)
			requireTime(t, s.clock.Now(), got.FailedAt, "failed at")
			require.True(t, got.NextAttemptAt.IsZero())
			require.Len(t, got.Attempts, 1)
			require.Empty(t, s.claim(t, 1))
			s.adopt(t, 10, 0, 0)
			s.requireCounts(t, models.Counts{models.StatusFailed: 1})
		}},
		{"under hold a person decides", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			require.Equal(t, 1, s.rescue(t, hold, claimed.Claim))
			got := s.message(t, claimed.ID)
			require.Equal(t, models.StatusFailed, got.Status)
			require.Equal(t, models.ErrorCodeOutcomeUnknown, got.ErrorCode)
			require.True(t, got.NextAttemptAt.IsZero())
			require.Equal(t, 1, got.RetryCount)
			s.clock.Move(time.Hour)
			require.Empty(t, s.claim(t, 1))
		}},
		{"only the claim given is ended", func(t *testing.T, s *scene) {
			stale := s.claimOne(t)
			require.True(t, s.record(t, s.retry(stale, 0)))
			s.unchangedBy(t, stale.ID, func() { require.Zero(t, s.rescue(t, resend, stale.Claim)) })
			current := s.claim(t, 1)[0]
			s.unchangedBy(t, stale.ID, func() { require.Zero(t, s.rescue(t, resend, stale.Claim)) })
			require.Equal(t, 1, s.rescue(t, resend, stale.Claim, current.Claim))
			s.unchangedBy(t, stale.ID, func() { require.Zero(t, s.rescue(t, resend, current.Claim), "ended already") })
		}},
		{"nothing is rescued without complaint", func(t *testing.T, s *scene) {
			require.Zero(t, s.rescue(t, resend))
		}},
		{"of concurrent callers one rescues", rescuedOnce},
	}
}

func rescuedOnce(t *testing.T, s *scene) {
	s.run(t, 0)
	s.accept(t, 10)
	made := s.claim(t, 10)
	require.Len(t, made, 10)
	claims, err := s.store.Claims(t.Context(), 100)
	require.NoError(t, err)
	require.Len(t, claims, 10)

	stores := []dataoperations.Store{s.store, s.open(t)}
	var total atomic.Int64
	together(t, 8, func(caller int) error {
		rescued, err := stores[caller%2].Rescue(t.Context(), claims, dataoperations.RescuePolicy{MaxAttempts: 3, Replica: "rescuer"})
		total.Add(int64(rescued))
		return err //nolint:wrapcheck // it goes straight to require.
	})
	require.EqualValues(t, 10, total.Load())
	for _, claim := range claims {
		got := s.message(t, claim.ID)
		require.Equal(t, models.StatusPending, got.Status)
		require.Equal(t, 1, got.RetryCount)
		require.Len(t, got.Attempts, 1)
	}
	s.requireCounts(t, models.Counts{models.StatusPending: 10})
}
