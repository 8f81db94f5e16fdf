package dispatch

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

// look looks at the claims every second, as the rescuer does, n times.
func (s *rescueScene) look(t *testing.T, n int) {
	t.Helper()
	for range n {
		s.clock.advance(rescueInterval)
		s.rescuer.runOnce(t.Context())
	}
}

// While this process was frozen it has watched nothing. Whoever holds the claim may
// have been frozen with it, in a paused container or machine, and is about to record.
func TestRescue_APauseOfThisProcessRestartsTheCount(t *testing.T) {
	t.Parallel()
	s := newRescueScene(t, claimOf("c1", 35*time.Second))
	s.rescuer.runOnce(t.Context())
	s.clock.advance(time.Hour)
	s.rescuer.runOnce(t.Context())
	require.Empty(t, s.rescued, "it was seen twice, not watched")
	s.look(t, 34)
	require.Empty(t, s.rescued)
	s.look(t, 1)
	require.Len(t, s.rescued, 1)
}

// An outage too short to look like a pause: nobody could record while it lasted.
func TestRescue_AShortOutageOfTheStoreRestartsTheCountToo(t *testing.T) {
	t.Parallel()
	s := newRescueScene(t, claimOf("c1", 35*time.Second))
	answer := s.store.claims
	s.rescuer.runOnce(t.Context())
	s.look(t, 33)
	s.store.claims = func() ([]models.Claim, error) { return nil, errors.New("away") }
	s.look(t, 1)
	s.store.claims = answer
	s.look(t, 35)
	require.Empty(t, s.rescued)
	s.look(t, 1)
	require.Len(t, s.rescued, 1)
}

// Its outcome is still to be recorded, however long the store has been refusing it.
func TestRescue_WhatIsInFlightHereIsLeftAloneHoweverLong(t *testing.T) {
	t.Parallel()
	claim := claimOf("c1", 35*time.Second)
	s := newRescueScene(t, claim)
	s.flight.take([]models.Claimed{{Claim: claim}})
	s.rescuer.runOnce(t.Context())
	s.look(t, 100)
	require.Empty(t, s.rescued)

	s.flight.land([]claimKey{keyOf(claim)})
	s.look(t, 35)
	require.Empty(t, s.rescued, "only from here on was it watched")
	s.look(t, 1)
	require.Len(t, s.rescued, 1)
}
