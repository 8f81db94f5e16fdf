package dispatch

import (
	"errors"
	"testing"
	"time"

	"github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

type rescueScene struct {
	clock   *clock
	store   *faultyStore
	flight  *flight
	rescuer *rescuer
	rescued []models.Claim
}

func newRescueScene(t *testing.T, claims ...models.Claim) *rescueScene {
	t.Helper()
	log, _ := test.NewNullLogger()
	s := &rescueScene{clock: &clock{now: noon()}, flight: newFlight(10)}
	s.store = &faultyStore{
		claims: func() ([]models.Claim, error) { return claims, nil },
		rescue: func(lapsed []models.Claim) (int, error) {
			s.rescued = append(s.rescued, lapsed...)
			return len(lapsed), nil
		},
	}
	s.rescuer = newRescuer(Options{Store: s.store, Log: log, Now: s.clock.Now, MaxAttempts: 3}, s.flight)
	return s
}

func claimOf(claimID string, lease time.Duration) models.Claim {
	return models.Claim{ID: models.ID{Text: "m1"}, ClaimID: claimID, Owner: "other", Lease: lease}
}

func TestRescue_OnlyAfterTheWholeLeaseWasWatched(t *testing.T) {
	t.Parallel()
	s := newRescueScene(t, claimOf("c1", 35*time.Second))
	for range 35 {
		s.rescuer.runOnce(t.Context())
		require.Empty(t, s.rescued)
		s.clock.advance(time.Second)
	}
	s.rescuer.runOnce(t.Context())
	require.Len(t, s.rescued, 1)
}

func TestRescue_ANewClaimOfTheSameMessageIsWatchedAnew(t *testing.T) {
	t.Parallel()
	s := newRescueScene(t, claimOf("c1", 10*time.Second))
	s.rescuer.runOnce(t.Context())
	s.clock.advance(9 * time.Second)
	s.store.claims = func() ([]models.Claim, error) { return []models.Claim{claimOf("c2", 10*time.Second)}, nil }
	s.rescuer.runOnce(t.Context())
	s.clock.advance(9 * time.Second)
	s.rescuer.runOnce(t.Context())
	require.Empty(t, s.rescued)
	s.clock.advance(time.Second)
	s.rescuer.runOnce(t.Context())
	require.Len(t, s.rescued, 1)
}

func TestRescue_AStoreOutageRestartsTheCount(t *testing.T) {
	t.Parallel()
	s := newRescueScene(t, claimOf("c1", 10*time.Second))
	answer := s.store.claims
	s.rescuer.runOnce(t.Context())
	s.clock.advance(9 * time.Second)
	s.store.claims = func() ([]models.Claim, error) { return nil, errors.New("away") }
	s.rescuer.runOnce(t.Context())
	s.store.claims = answer
	s.clock.advance(2 * time.Second)
	s.rescuer.runOnce(t.Context())
	require.Empty(t, s.rescued)
	s.clock.advance(10 * time.Second)
	s.rescuer.runOnce(t.Context())
	require.Len(t, s.rescued, 1)
}

func TestRescue_WhatIsInFlightHereIsLeftAlone(t *testing.T) {
	t.Parallel()
	claim := claimOf("c1", 10*time.Second)
	s := newRescueScene(t, claim)
	s.flight.take([]models.Claimed{{Claim: claim}})
	s.rescuer.runOnce(t.Context())
	s.clock.advance(time.Hour)
	s.rescuer.runOnce(t.Context())
	require.Empty(t, s.rescued, "its outcome is still to be recorded")

	s.flight.land([]claimKey{keyOf(claim)})
	s.rescuer.runOnce(t.Context())
	s.clock.advance(10 * time.Second)
	s.rescuer.runOnce(t.Context())
	require.Len(t, s.rescued, 1)
}
