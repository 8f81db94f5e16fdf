package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// raceTests let people and the pipeline, on several replicas, go for the same
// messages at once.
func raceTests() []test {
	return []test{
		{"of cancel and claim exactly one gets each message", cancelAgainstClaim},
		{"of erase and claim exactly one gets each message", eraseAgainstClaim},
		{"of expire, cancel and promote one gets each message", func(s *scene) {
			n := min(s.suite.Messages/10, 60)
			made := make([]models.ID, 0, n)
			for range n {
				made = append(made, s.later(interval, interval).ID)
			}
			s.clock.Move(2 * interval)
			stores := s.crowd()
			var canceled atomic.Int64
			together(s.t, 6, func(caller int) error {
				store := stores[caller%replicas]
				switch caller % 3 {
				case 0:
					_, err := store.Promote(s.t.Context(), n)
					return err //nolint:wrapcheck // it goes straight to require.
				case 1:
					_, err := store.Expire(s.t.Context(), n)
					return err //nolint:wrapcheck // it goes straight to require.
				}
				if caller == 2 {
					did, err := store.Cancel(s.t.Context(), made)
					canceled.Add(int64(trueOnes(did)))
					return err //nolint:wrapcheck // it goes straight to require.
				}
				return nil
			})
			for len(s.expire(n)) > 0 { // what was promoted while they looked
			}
			s.requireCounts(models.Counts{
				models.StatusCanceled: canceled.Load(), models.StatusExpired: int64(n) - canceled.Load(),
			})
		}},
		{"of many that retry a message one did it", func(s *scene) {
			claimed := s.failedOne()
			s.onlyOne(func(store dataoperations.Store, _ int) (bool, error) {
				did, err := store.Retry(s.t.Context(), []models.ID{claimed.ID})
				return trueOnes(did) == 1, err //nolint:wrapcheck // it goes straight to require.
			})
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusPending, got.Status)
			require.Equal(s.t, 1, got.PriorAttempts)
			s.requireCounts(models.Counts{models.StatusPending: 1})
		}},
		{"of many that accept the same batch each message is new to one", newToOne},
		{"a message canceled by many is canceled for all", func(s *scene) {
			made := s.accept(1)[0]
			stores := s.crowd()
			together(s.t, 8, func(caller int) error {
				did, err := stores[caller%replicas].Cancel(s.t.Context(), []models.ID{made.ID})
				if err == nil && trueOnes(did) != 1 {
					return errors.New("it was not canceled for one of them")
				}
				return err //nolint:wrapcheck // it goes straight to require.
			})
			s.requireCounts(models.Counts{models.StatusCanceled: 1})
		}},
	}
}

func trueOnes(answers []bool) int {
	n := 0
	for _, answer := range answers {
		if answer {
			n++
		}
	}
	return n
}

// onlyOne demands that of eight callers at once one is told that it did it.
func (s *scene) onlyOne(do func(store dataoperations.Store, caller int) (bool, error)) {
	s.t.Helper()
	stores := s.crowd()
	var did atomic.Int64
	together(s.t, 8, func(caller int) error {
		done, err := do(stores[caller%replicas], caller)
		if done {
			did.Add(1)
		}
		return err
	})
	require.EqualValues(s.t, 1, did.Load())
}

// cancelAgainstClaim cancels, one after the other, what others claim and send at
// the same time. What was canceled must never have been claimed.
func cancelAgainstClaim(s *scene) {
	n := min(s.suite.Messages/2, 400)
	s.run(0)
	made, stores, l := s.accept(n), s.crowd(), newLedger()
	var mutex sync.Mutex
	canceled := map[string]bool{}
	together(s.t, claimers, func(caller int) error {
		store := stores[caller%replicas]
		if caller%2 == 0 {
			return s.sendAll(store, l)
		}
		for i := caller; i < n; i += claimers / 2 {
			id := made[n-1-i].ID // from the other end, so that they meet in the middle
			did, err := store.Cancel(s.t.Context(), []models.ID{id})
			if err != nil {
				return err //nolint:wrapcheck // it goes straight to require.
			}
			if did[0] {
				mutex.Lock()
				canceled[id.Text] = true
				mutex.Unlock()
			}
		}
		return nil
	})
	require.NoError(s.t, s.sendAll(s.store, l))
	for id := range canceled {
		require.Zero(s.t, l.claims[id], "%s was canceled, and sent", id)
		require.Equal(s.t, models.StatusCanceled, s.message(models.ID{Text: id}).Status)
	}
	l.requireOnce(s.t, n-len(canceled))
	s.requireCounts(models.Counts{models.StatusCanceled: int64(len(canceled)), models.StatusSent: int64(n - len(canceled))})
}

// sendAll claims a few at a time and records them as sent, until there is nothing.
func (s *scene) sendAll(store dataoperations.Store, l *ledger) error {
	for {
		claimed, err := claimInto(s.t.Context(), l, store, 3)
		if err != nil || len(claimed) == 0 {
			return err
		}
		var outcomes []models.Outcome
		for _, one := range claimed {
			if one.Content == "" || one.To == "" {
				return fmt.Errorf("%s was claimed after it was erased", one.ID)
			}
			outcomes = append(outcomes, s.sent(one))
		}
		applied, err := store.Record(s.t.Context(), outcomes)
		if err != nil {
			return err //nolint:wrapcheck // it goes straight to require.
		}
		if trueOnes(applied) < len(applied) {
			return errors.New("a standing claim's record did not apply")
		}
	}
}

func eraseAgainstClaim(s *scene) {
	n := min(s.suite.Messages/4, 100)
	s.run(0)
	made, stores, l := s.accept(n), s.crowd(), newLedger()
	together(s.t, 8, func(caller int) error {
		store := stores[caller%replicas]
		if caller%2 == 0 {
			return s.sendAll(store, l)
		}
		for i := caller; i < n; i += 4 {
			_, err := store.Erase(s.t.Context(), made[n-1-i].ID)
			if err != nil && models.KindOf(err) != models.KindConflict {
				return err //nolint:wrapcheck // it goes straight to require.
			}
		}
		return nil
	})
	require.NoError(s.t, s.sendAll(s.store, l))
	for _, message := range made {
		got := s.message(message.ID)
		require.Equal(s.t, l.claims[message.ID.Text] == 0, got.Status == models.StatusCanceled, "%s is %s", got.ID, got.Status)
	}
}

func newToOne(s *scene) {
	batch := s.messages(15)
	stores := s.crowd()
	var mutex sync.Mutex
	times := make([]int, len(batch))
	together(s.t, 8, func(caller int) error {
		stored, err := stores[caller%replicas].AcceptNew(s.t.Context(), batch)
		mutex.Lock()
		defer mutex.Unlock()
		for i, isNew := range stored {
			if isNew {
				times[i]++
			}
		}
		return err //nolint:wrapcheck // it goes straight to require.
	})
	for i := range times {
		require.Equal(s.t, 1, times[i], batch[i].ID)
	}
	s.requireCounts(models.Counts{models.StatusPending: int64(len(batch))})
}
