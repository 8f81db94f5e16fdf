package storetest

import (
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

func rescueTests() []test {
	resend := dataoperations.RescuePolicy{MaxAttempts: 3}
	hold := dataoperations.RescuePolicy{MaxAttempts: 3, Hold: true}
	return []test{
		{"a rescued message is due at once and its attempt has failed", func(s *scene) {
			claimed := s.claimOne()
			s.clock.Move(time.Minute)
			require.Equal(s.t, 1, s.rescue(resend, claimed.Claim))
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusPending, got.Status)
			requireTime(s.t, s.clock.Now(), got.NextAttemptAt, "due at once")
			require.Equal(s.t, 1, got.AttemptCount)
			require.Equal(s.t, 1, got.RetryCount)
			require.NotEmpty(s.t, got.Error)
			require.Len(s.t, got.Attempts, 1)
			require.Equal(s.t, 1, got.Attempts[0].Number)
			require.NotEmpty(s.t, got.Attempts[0].Error)
			require.Equal(s.t, replica, got.Attempts[0].Replica, "whose claim it was")
			require.Zero(s.t, got.Attempts[0].StatusCode)
			requireTime(s.t, s.clock.Now().Add(-time.Minute), got.Attempts[0].StartedAt, "the claim's time")
			s.requireCounts(models.Counts{models.StatusPending: 1})

			again := s.claim(1)
			require.Len(s.t, again, 1)
			require.Equal(s.t, 2, again[0].Attempt)
		}},
		{"a message without attempts left fails", func(s *scene) {
			claimed := s.claimOne()
			require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 1}, claimed.Claim))
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusFailed, got.Status)
			require.Equal(s.t, models.ErrorCodeAttemptsExhausted, got.ErrorCode)
			require.NotEmpty(s.t, got.Error)
			requireTime(s.t, s.clock.Now(), got.FailedAt, "failed at")
			require.True(s.t, got.NextAttemptAt.IsZero())
			require.Len(s.t, got.Attempts, 1)
			require.Empty(s.t, s.claim(1))
			s.adopt(10, 0, 0)
			s.requireCounts(models.Counts{models.StatusFailed: 1})
		}},
		{"under hold a person decides", func(s *scene) {
			claimed := s.claimOne()
			require.Equal(s.t, 1, s.rescue(hold, claimed.Claim))
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusFailed, got.Status)
			require.Equal(s.t, models.ErrorCodeOutcomeUnknown, got.ErrorCode)
			require.True(s.t, got.NextAttemptAt.IsZero())
			require.Equal(s.t, 1, got.RetryCount)
			s.clock.Move(time.Hour)
			require.Empty(s.t, s.claim(1))
		}},
		{"only the claim given is ended", func(s *scene) {
			stale := s.claimOne()
			require.True(s.t, s.record(s.retry(stale, 0)))
			s.unchangedBy(stale.ID, func() { require.Zero(s.t, s.rescue(resend, stale.Claim)) })
			current := s.claim(1)[0]
			s.unchangedBy(stale.ID, func() { require.Zero(s.t, s.rescue(resend, stale.Claim)) })
			require.Equal(s.t, 1, s.rescue(resend, stale.Claim, current.Claim))
			s.unchangedBy(stale.ID, func() { require.Zero(s.t, s.rescue(resend, current.Claim), "ended already") })
		}},
		{"nothing is rescued without complaint", func(s *scene) {
			require.Zero(s.t, s.rescue(resend))
		}},
		{"of concurrent callers one rescues", rescuedOnce},
	}
}

func rescuedOnce(s *scene) {
	s.run(0)
	s.accept(10)
	made := s.claim(10)
	require.Len(s.t, made, 10)
	claims, err := s.store.Claims(s.t.Context(), 100)
	require.NoError(s.t, err)
	require.Len(s.t, claims, 10)

	stores := []dataoperations.Store{s.store, s.open()}
	var total atomic.Int64
	together(s.t, 8, func(caller int) error {
		rescued, err := stores[caller%2].Rescue(s.t.Context(), claims, dataoperations.RescuePolicy{MaxAttempts: 3})
		total.Add(int64(rescued))
		return err //nolint:wrapcheck // it goes straight to require.
	})
	require.EqualValues(s.t, 10, total.Load())
	for _, claim := range claims {
		got := s.message(claim.ID)
		require.Equal(s.t, models.StatusPending, got.Status)
		require.Equal(s.t, 1, got.RetryCount)
		require.Len(s.t, got.Attempts, 1)
	}
	s.requireCounts(models.Counts{models.StatusPending: 10})
}
