package storetest

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

// reserve reserves, and returns what stands.
func (s *scene) reserve(key, fingerprint, messageID string) models.Reservation {
	s.t.Helper()
	standing, err := s.store.Reserve(s.t.Context(), s.reservation(key, fingerprint, messageID))
	require.NoError(s.t, err)
	standing.At = standing.At.UTC()
	return standing
}

func (s *scene) reservation(key, fingerprint, messageID string) models.Reservation {
	return models.Reservation{Key: key, Fingerprint: fingerprint, MessageID: messageID, At: s.clock.Now()}
}

func reserveTests() []test {
	return []test{
		{"the first to reserve a key has it, whatever others want", func(s *scene) {
			first := s.reservation("alice:k", "f1", "m1")
			require.Equal(s.t, first, s.reserve("alice:k", "f1", "m1"))
			s.clock.Move(time.Hour)
			require.Equal(s.t, first, s.reserve("alice:k", "f1", "m2"))
			require.Equal(s.t, first, s.reserve("alice:k", "f2", "m3"), "the other request is told of it")
			standing, err := s.open().Reserve(s.t.Context(), s.reservation("alice:k", "f1", "m4"))
			require.NoError(s.t, err)
			require.Equal(s.t, "m1", standing.MessageID, "another replica's, too")
		}},
		{"keys that differ in anything are different", func(s *scene) {
			for i, key := range []string{"k", "K", "k ", "alice:k", "bob:k", "$k", "k.k", "ş"} {
				want := s.reservation(key, "f", fmt.Sprintf("m%d", i))
				require.Equal(s.t, want, s.reserve(key, "f", want.MessageID))
			}
		}},
		{"a key is remembered for a day and no longer", func(s *scene) {
			first := s.reserve("k", "f", "m1")
			s.clock.Move(models.ReservationKept)
			require.Equal(s.t, first, s.reserve("k", "f", "m2"))
			s.clock.Move(time.Millisecond)
			second := s.reservation("k", "f", "m3")
			require.Equal(s.t, second, s.reserve("k", "f", "m3"))
			s.clock.Move(time.Hour)
			require.Equal(s.t, second, s.reserve("k", "f", "m4"), "and that for a day again")
		}},
		{"it is still there when the store is opened again", func(s *scene) {
			first := s.reserve("k", "f", "m1")
			require.NoError(s.t, s.store.Close())
			s.store = s.open()
			require.Equal(s.t, first, s.reserve("k", "f", "m2"))
		}},
		{"old ones are forgotten, a few at a time, and others kept", func(s *scene) {
			for i := range 5 {
				s.reserve(fmt.Sprintf("old-%d", i), "f", "m")
			}
			s.clock.Move(models.ReservationKept)
			kept := s.reserve("young", "f", "m")
			require.Zero(s.t, s.forget(10), "none is older yet")
			s.clock.Move(time.Millisecond)
			for _, expected := range []int{2, 2, 1, 0} {
				require.Equal(s.t, expected, s.forget(2))
			}
			require.Equal(s.t, kept, s.reserve("young", "f", "m2"))
		}},
		{"one that was renewed is not forgotten", func(s *scene) {
			s.reserve("k", "f", "m1")
			s.clock.Move(models.ReservationKept + time.Millisecond)
			renewed := s.reserve("k", "f", "m2")
			require.Zero(s.t, s.forget(10))
			require.Equal(s.t, renewed, s.reserve("k", "f", "m3"))
		}},
		{"sixteen callers at once get the same", sixteenReserve},
	}
}

func (s *scene) forget(limit int) int {
	s.t.Helper()
	forgotten, err := s.store.ForgetReservations(s.t.Context(), limit)
	require.NoError(s.t, err)
	return forgotten
}

// sixteenReserve demands one answer for all: of a new key, of one that has run out,
// and for whoever asks afterwards.
func sixteenReserve(s *scene) {
	stores := s.crowd()
	for round := range 4 {
		if round == 2 {
			s.clock.Move(models.ReservationKept + time.Millisecond)
		}
		key := fmt.Sprintf("key-%d", round%2)
		answers := make([]models.Reservation, claimers)
		together(s.t, claimers, func(caller int) (err error) {
			wanted := s.reservation(key, "f", fmt.Sprintf("m-%d-%d", round, caller))
			answers[caller], err = stores[caller%replicas].Reserve(s.t.Context(), wanted)
			return err //nolint:wrapcheck // it goes straight to require.
		})
		after := s.reserve(key, "f", "late")
		require.Contains(s.t, after.MessageID, fmt.Sprintf("m-%d-", round), "one of those who asked")
		for _, answer := range answers {
			require.Equal(s.t, after.MessageID, answer.MessageID)
		}
	}
}
