package dispatch

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// oldStore has so many old messages and reservations. Each step on it takes a while.
type oldStore struct {
	faultyStore
	messages, reservations int
	steps                  []time.Time
	requests               []dataoperations.PruneRequest
}

func newOldStore(messages, reservations int, took time.Duration) *oldStore {
	s := &oldStore{messages: messages, reservations: reservations}
	s.now = bubbleTime
	step := func(left *int, limit int) int {
		s.steps = append(s.steps, bubbleTime())
		time.Sleep(took) //nolint:forbidigo // virtual time
		n := min(*left, limit)
		*left -= n
		return n
	}
	s.forget = func(limit int) (int, error) { return step(&s.reservations, limit), nil }
	s.prune = func(request dataoperations.PruneRequest) (int, dataoperations.PruneCursor, error) {
		s.requests = append(s.requests, request)
		n := step(&s.messages, request.Limit)
		if s.messages == 0 {
			return n, dataoperations.PruneCursor{}, nil
		}
		return n, dataoperations.PruneCursor{Status: models.StatusSent, Cursor: models.Cursor{At: bubbleTime()}}, nil
	}
	return s
}

func TestUpkeep_DoesAllThatIsThereInSmallStepsWithRests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const took = 10 * time.Millisecond
		store := newOldStore(5000, 2000, took)
		log, lines := test.NewNullLogger()
		u := newUpkeep(Options{Store: store, Log: log, Now: bubbleTime, Retention: 24 * time.Hour, EraseOnly: true})
		began := bubbleTime()
		u.Start()
		time.Sleep(upkeepFirst + 10*time.Second) //nolint:forbidigo // virtual time
		u.Close()
		require.Zero(t, store.messages)
		require.Zero(t, store.reservations)
		for i, at := range store.steps[1:] {
			if i == 4 {
				continue // the last of one kind, then the first of the other
			}
			require.GreaterOrEqual(t, at.Sub(store.steps[i]), took+upkeepShare*took, "step %d", i+1)
		}
		for i, request := range store.requests {
			require.LessOrEqual(t, request.Limit, 500)
			require.True(t, request.Erase)
			require.Equal(t, i == 0, request.After == dataoperations.PruneCursor{}, "each goes on where the last one ended")
			require.WithinRange(t, request.Before, began.Add(upkeepFirst-24*time.Hour), began.Add(upkeepFirst+10*time.Second-24*time.Hour))
		}
		require.Len(t, lines.AllEntries(), 1)
		require.Equal(t, 5000, lines.LastEntry().Data["messages"])
	})
}

func TestUpkeep_NothingIsDeletedWhoseIdempotencyKeyIsStillKnown(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	type step struct {
		age   time.Duration
		erase bool
	}
	for name, tt := range map[string]struct {
		kept      time.Duration
		eraseOnly bool
		want      []step
	}{
		"long":                                   {48 * hour, false, []step{{48 * hour, false}}},
		"long, erased":                           {48 * hour, true, []step{{48 * hour, true}}},
		"short, erased":                          {hour, true, []step{{hour, true}}},
		"none":                                   {0, false, nil},
		"short: erased, and deleted a day after": {hour, false, []step{{hour, true}, {24 * hour, false}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := bubbleTime()
			store := newOldStore(0, 0, 0)
			store.now = func() time.Time { return now }
			u := newUpkeep(Options{Store: store, Now: bubbleTime, Retention: tt.kept, EraseOnly: tt.eraseOnly})
			var got []step
			for _, request := range u.retention() {
				got = append(got, step{now.Sub(request.Before), request.Erase})
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestUpkeep_WithoutARetentionNothingIsPruned(t *testing.T) {
	t.Parallel()
	store := newOldStore(1, 1, 0)
	log, _ := test.NewNullLogger()
	newUpkeep(Options{Store: store, Log: log, Now: bubbleTime}).runOnce(t.Context())
	require.Equal(t, 1, store.messages)
	require.Zero(t, store.reservations)
}

func TestUpkeep_EndsBetweenTwoSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newOldStore(1_000_000, 0, time.Millisecond)
		log, lines := test.NewNullLogger()
		u := newUpkeep(Options{Store: store, Log: log, Now: bubbleTime, Retention: 25 * time.Hour})
		u.Start()
		time.Sleep(upkeepFirst + time.Second) //nolint:forbidigo // virtual time
		began := bubbleTime()
		u.Close()
		require.Less(t, bubbleTime().Sub(began), 100*time.Millisecond)
		require.Positive(t, store.messages)
		require.Contains(t, lines.LastEntry().Message, "deleted")
	})
}

// RETENTION holds also where the process never lives for a minute.
func TestUpkeep_LooksSoonAfterTheStartAndThenEveryMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newOldStore(1, 0, 0)
		log, _ := test.NewNullLogger()
		u := newUpkeep(Options{Store: store, Log: log, Now: bubbleTime, Retention: 25 * time.Hour})
		began := bubbleTime()
		u.Start()
		time.Sleep(10*time.Minute + 5*time.Second) //nolint:forbidigo // virtual time
		u.Close()
		require.Less(t, store.steps[0].Sub(began), 5*time.Second)
		require.Len(t, store.requests, 11)
	})
}

func TestUpkeep_AStoreThatFailsIsAskedAgainTheNextTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newOldStore(10, 0, 0)
		var fails atomic.Bool
		fails.Store(true)
		forget := store.forget
		store.forget = func(limit int) (int, error) {
			if fails.Load() {
				return 0, errors.New("away")
			}
			return forget(limit)
		}
		log, lines := test.NewNullLogger()
		u := newUpkeep(Options{Store: store, Log: log, Now: bubbleTime, Retention: 25 * time.Hour})
		u.Start()
		time.Sleep(upkeepFirst + time.Second) //nolint:forbidigo // virtual time
		require.Len(t, lines.AllEntries(), 1)
		fails.Store(false)
		time.Sleep(upkeepInterval) //nolint:forbidigo // virtual time
		u.Close()
		require.Zero(t, store.messages)
	})
}

func TestPass_NothingWaitsForMoreThanABatchOfAnotherStep(t *testing.T) {
	t.Parallel()
	log, _ := test.NewNullLogger()
	clock := &clock{now: noon()}
	var steps []string
	step := func(name string, n int) func(int) ([]models.ID, error) {
		return func(limit int) ([]models.ID, error) {
			steps = append(steps, name)
			return make([]models.ID, min(n, limit)), nil
		}
	}
	store := &faultyStore{
		now: clock.Now, promote: step("promote", 10_000), expire: step("expire", 10),
		scheduler: func() (models.Scheduler, error) { return models.Scheduler{}, nil },
	}
	options := Options{Store: store, Log: log, Now: clock.Now, MaxInFlight: 1}
	s := newScheduler(options, newView(clock.Now), newFlight(1), newBreaker(options), nil)
	s.runOnce(t.Context())
	require.Equal(t, []string{"promote", "expire"}, steps)
	require.Len(t, s.wake, 1, "there may be more to promote")
	clock.advance(10 * time.Millisecond)
	s.runOnce(t.Context())
	require.Equal(t, []string{"promote", "expire", "promote"}, steps, "there was no more to expire")
	clock.advance(pollInterval)
	s.runOnce(t.Context())
	require.Len(t, steps, 5)
}
