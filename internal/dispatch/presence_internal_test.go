package dispatch

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

// aheadBy is what the store's clock is ahead of this machine's.
const aheadBy = time.Hour

// registry is a store that remembers who lives; it can be away, and can hang.
type registry struct {
	faultyStore

	mu    sync.Mutex
	away  error
	hangs bool
	beats []models.Replica
	left  []string
}

func newRegistry() *registry {
	r := new(registry)
	r.now = func() time.Time { return bubbleTime().Add(aheadBy) }
	answer := func(ctx context.Context) error {
		if r.hangs {
			<-ctx.Done()
			return ctx.Err()
		}
		return r.away
	}
	r.beat = func(ctx context.Context, replica models.Replica) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.beats = append(r.beats, replica)
		return answer(ctx)
	}
	r.leave = func(ctx context.Context, id string) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.left = append(r.left, id)
		return answer(ctx)
	}
	return r
}

func (r *registry) answers(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = err
}

func (r *registry) seen() []models.Replica {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]models.Replica(nil), r.beats...)
}

// newTestPresence returns that of a replica with one of five claims in flight.
func newTestPresence(store Store) (*presence, *test.Hook) {
	log, lines := test.NewNullLogger()
	log.SetLevel(logrus.DebugLevel)
	options := Options{Store: store, Log: log, Now: bubbleTime, Replica: "a", Version: "1.2.3", MaxInFlight: 5}
	flight := newFlight(options.MaxInFlight)
	flight.take([]models.Claimed{{Claim: models.Claim{ID: models.ID{Text: "m"}, ClaimID: "c"}}})
	return newPresence(options, flight, newBreaker(options)), lines
}

// pass lets virtual time pass.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // virtual time
	synctest.Wait()
}

func TestPresence_BeatsAtOnceAndEveryTenSecondsAndTakesItsLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newRegistry()
		p, lines := newTestPresence(store)
		began := bubbleTime()
		p.Start()
		synctest.Wait()
		want := models.Replica{
			ID: "a", Version: "1.2.3", StartedAt: began.Add(aheadBy), InFlight: 1, MaxInFlight: 5,
			Webhook: models.WebhookHealth{State: models.WebhookClosed},
		}
		require.Equal(t, []models.Replica{want}, store.seen())
		pass(35 * time.Second)
		require.Equal(t, []models.Replica{want, want, want, want}, store.seen())
		require.Empty(t, store.left)
		p.Close(t.Context())
		require.Equal(t, []string{"a"}, store.left)
		pass(time.Minute)
		require.Len(t, store.seen(), 4, "not a sign of life after the farewell")
		require.Empty(t, lines.AllEntries())
	})
}

func TestPresence_AnOutageIsToldOnceAndTheBeatGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newRegistry()
		store.away = errors.New("away")
		p, lines := newTestPresence(store)
		began := bubbleTime()
		p.Start()
		pass(5 * time.Minute)
		require.Len(t, lines.AllEntries(), 1)
		require.Equal(t, logrus.WarnLevel, lines.LastEntry().Level)
		require.Len(t, store.seen(), 31)
		store.answers(nil)
		pass(beatInterval)
		require.Len(t, lines.AllEntries(), 1)
		seen := store.seen()
		require.Equal(t, began.Add(aheadBy), seen[len(seen)-1].StartedAt, "when it began, not when it was first heard")
		store.answers(errors.New("away again"))
		pass(5 * time.Minute)
		require.Len(t, lines.AllEntries(), 2)
		p.Close(t.Context())
	})
}

func TestPresence_AStoreThatHangsHoldsUpNoEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newRegistry()
		store.hangs = true
		p, lines := newTestPresence(store)
		p.Start()
		pass(time.Second)
		began := bubbleTime()
		p.Close(t.Context())
		require.Equal(t, leaveTimeout, bubbleTime().Sub(began))
		require.Equal(t, []string{"a"}, store.left)
		for _, line := range lines.AllEntries() {
			require.Equal(t, logrus.DebugLevel, line.Level, "what was cut off by the end is no outage")
		}
	})
}

func TestPresence_AReplicaThatLeavesWorkBehindIsSeenToGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newRegistry()
		p, _ := newTestPresence(store)
		p.Start()
		synctest.Wait()
		over, cancel := context.WithCancel(t.Context())
		cancel()
		p.Close(over)
		require.Empty(t, store.left)
	})
}
