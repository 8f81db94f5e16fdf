package mongostore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

// acceptInTurn stores n messages, a second after each other.
func (s *stage) acceptInTurn(t *testing.T, n int) {
	t.Helper()
	for range n {
		s.accept(t, 1)
		s.clock.Move(time.Second)
	}
}

// lose makes the store lose two messages to the other replica.
func (s *stage) lose(t *testing.T) {
	t.Helper()
	s.acceptInTurn(t, 2)
	s.before(claimUpdate, func() { s.claim(t, s.replica, 2, 2) })
	s.claim(t, s.store, 2, 0)
	s.proxy.Inject(nil)
}

// requireOldest demands that each claim gets the oldest of what is left: among many
// more, so that chance does not do it.
func (s *stage) requireOldest(t *testing.T, claims int) {
	t.Helper()
	const each = 2
	first := s.made + 1
	s.acceptInTurn(t, 10*each)
	for i := range claims {
		s.clock.Move(interval) // the next window
		for j, one := range s.claim(t, s.store, each, each) {
			require.Equal(t, models.ID{Text: fmt.Sprintf("message-%d", first+i*each+j)}, one.ID)
		}
	}
}

func TestClaim_WithACapTheOldestGoFirstHoweverCrowdedItWas(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 0)
	for range 4 {
		s.lose(t)
	}
	require.NoError(t, s.store.Configure(t.Context(), models.Pace{Interval: interval, PerWindow: 2}))
	s.requireOldest(t, 4)
}

func TestClaim_LossesUnderACapTeachNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 4)
	for range 4 {
		s.clock.Move(interval)
		s.lose(t)
	}
	require.NoError(t, s.store.Configure(t.Context(), models.Pace{Interval: interval}))
	s.requireOldest(t, 4)
}
