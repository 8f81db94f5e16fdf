package storetest

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

// beat sends the heartbeat of a replica that has this id and was started now.
func (s *scene) beat(id string) models.Replica {
	s.t.Helper()
	replica := models.Replica{
		ID: id, Version: "1.2.3", StartedAt: s.clock.Now(), SeenAt: s.clock.Now(), InFlight: 3, MaxInFlight: 64,
		Webhook: models.WebhookHealth{State: models.WebhookClosed},
	}
	s.beats(replica)
	return replica
}

func (s *scene) beats(replica models.Replica) {
	s.t.Helper()
	require.NoError(s.t, s.store.Beat(s.t.Context(), replica))
}

// seen demands that these replicas are told of, and no others.
func (s *scene) seen(expected ...models.Replica) {
	s.t.Helper()
	found, err := s.store.Replicas(s.t.Context())
	require.NoError(s.t, err)
	require.Len(s.t, found, len(expected))
	for i, replica := range found {
		for _, moment := range []*time.Time{&replica.StartedAt, &replica.SeenAt, &replica.Webhook.Since, &replica.Webhook.RetryAt} {
			*moment = moment.UTC()
		}
		require.Equal(s.t, expected[i], replica)
	}
}

func replicaTests() []test {
	return []test{
		{"nobody has been seen in a new store", func(s *scene) { s.seen() }},
		{"what a replica said last is told of, whole", func(s *scene) {
			started := s.clock.Now()
			first := s.beat("b")
			s.seen(first)
			s.clock.Move(10 * time.Second)
			now := s.clock.Now()
			last := models.Replica{
				ID: "b", Version: "1.2.4-ş", StartedAt: started, SeenAt: now, InFlight: 0, MaxInFlight: 5,
				Webhook: models.WebhookHealth{
					State: models.WebhookOpen, Since: started, RetryAt: now.Add(time.Minute), Reason: "webhook answered 503",
				},
			}
			s.beats(last)
			s.seen(last)
			s.beats(first)
			first.SeenAt = now
			s.seen(first)
		}},
		{"when it was seen is the store's to say", func(s *scene) {
			replica := s.beat("a")
			replica.SeenAt = s.clock.Now().Add(-time.Hour)
			s.beats(replica)
			replica.SeenAt = s.clock.Now()
			s.seen(replica)
		}},
		{"each is told of, by its id, whoever is asked and after opening again", func(s *scene) {
			c, a, b := s.beat("c"), s.beat("a"), s.beat("B")
			s.seen(b, a, c)
			require.NoError(s.t, s.store.Close())
			s.store = s.open()
			s.seen(b, a, c)
		}},
		{"one that leaves is forgotten, again without effect, and may come back", func(s *scene) {
			a, b := s.beat("a"), s.beat("b")
			for range 2 {
				require.NoError(s.t, s.store.Leave(s.t.Context(), "a"))
				s.seen(b)
			}
			require.NoError(s.t, s.store.Leave(s.t.Context(), "unknown"))
			require.Equal(s.t, a, s.beat("a"))
			s.seen(a, b)
		}},
		{"one that is gone is remembered for a day and no longer", func(s *scene) {
			gone := s.beat("gone")
			s.clock.Move(models.ReplicaKept)
			s.seen(gone)
			s.clock.Move(time.Millisecond)
			s.seen()
			// Time never goes back in a store; that it does here shows what is still there.
			s.clock.Move(-time.Millisecond)
			s.seen(gone)
			s.clock.Move(time.Millisecond)
			next := s.beat("next")
			s.clock.Move(-time.Millisecond)
			s.seen(next)
		}},
		{"sixteen replicas at once are each told of", func(s *scene) {
			stores := s.crowd()
			together(s.t, claimers, func(caller int) error {
				return stores[caller%replicas].Beat(s.t.Context(), models.Replica{ID: fmt.Sprintf("replica-%02d", caller), InFlight: caller})
			})
			found, err := s.store.Replicas(s.t.Context())
			require.NoError(s.t, err)
			require.Len(s.t, found, claimers)
			for i, replica := range found {
				require.Equal(s.t, i, replica.InFlight)
			}
		}},
	}
}
