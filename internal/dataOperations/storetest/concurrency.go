package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// claimers is how many claim at once, and replicas how many stores they share.
const (
	claimers = 16
	replicas = 4
)

func concurrencyTests() []test {
	return []test{
		{"sixteen claimers send every message once", sixteenClaimers},
		{"sixteen claimers never exceed the windows", sixteenWithinWindows},
		{"one of many starts, and one of many stops", oneStarts},
		{"one of many accepts an id", func(s *scene) {
			message := s.messages(1)[0]
			var accepted, refused atomic.Int64
			together(s.t, 8, func(int) error {
				err := s.store.Accept(s.t.Context(), message)
				if models.KindOf(err) == models.KindConflict {
					refused.Add(1)
					return nil
				}
				accepted.Add(1)
				return err //nolint:wrapcheck // it goes straight to require.
			})
			require.EqualValues(s.t, 1, accepted.Load())
			require.EqualValues(s.t, 7, refused.Load())
			s.requireCounts(models.Counts{models.StatusPending: 1})
		}},
		{"one of many adopts", func(s *scene) {
			for _, id := range []string{"a", "b", "c", "d", "e"} {
				s.reference(id, unchanged)
			}
			s.reference("bad", func(f map[string]any) { f["to"] = "garbage" })
			stores := []dataoperations.Store{s.store, s.open()}
			var adopted, refused atomic.Int64
			together(s.t, 8, func(caller int) error {
				good, bad, err := stores[caller%2].Adopt(s.t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: inspect})
				adopted.Add(int64(good))
				refused.Add(int64(bad))
				return err //nolint:wrapcheck // it goes straight to require.
			})
			require.EqualValues(s.t, 5, adopted.Load())
			require.EqualValues(s.t, 1, refused.Load())
			s.requireCounts(models.Counts{models.StatusPending: 5, models.StatusFailed: 1})
		}},
	}
}

// together runs do for each of n callers at once, and demands that none fails.
func together(t *testing.T, n int, do func(caller int) error) {
	t.Helper()
	failures := make([]error, n)
	var callers sync.WaitGroup
	for caller := range n {
		callers.Go(func() { failures[caller] = do(caller) })
	}
	callers.Wait()
	require.NoError(t, errors.Join(failures...))
}

// ledger counts how often each message was claimed, and from which window.
type ledger struct {
	mutex   sync.Mutex
	claims  map[string]int
	windows map[int64]int
}

func newLedger() *ledger {
	return &ledger{claims: map[string]int{}, windows: map[int64]int{}}
}

// add enters a claim and returns how many different messages were claimed.
func (l *ledger) add(id string, window int64) int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.claims[id]++
	l.windows[window]++
	return len(l.claims)
}

// distinct returns how many different messages were claimed.
func (l *ledger) distinct() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return len(l.claims)
}

// requireOnce demands that each of n messages was claimed exactly once.
func (l *ledger) requireOnce(t *testing.T, n int) {
	t.Helper()
	require.Len(t, l.claims, n, "messages were lost")
	for id, times := range l.claims {
		require.Equal(t, 1, times, "%s was claimed more than once", id)
	}
}

// requireWithin demands that no window gave more than its budget.
func (l *ledger) requireWithin(t *testing.T, perWindow int) {
	t.Helper()
	for window, drawn := range l.windows {
		require.LessOrEqual(t, drawn, perWindow, "window %d", window)
	}
}

// crowd opens the stores that the claimers share.
func (s *scene) crowd() []dataoperations.Store {
	s.t.Helper()
	stores := []dataoperations.Store{s.store}
	for len(stores) < replicas {
		stores = append(stores, s.open())
	}
	return stores
}

// claimInto claims once, enters what was claimed, and returns it.
func claimInto(ctx context.Context, l *ledger, store dataoperations.Store, limit int) ([]models.Claimed, error) {
	result, err := store.Claim(ctx, dataoperations.ClaimRequest{Owner: replica, Lease: lease, Max: limit})
	for _, claimed := range result.Claimed {
		l.add(claimed.ID.Text, claimed.Window)
	}
	return result.Claimed, err //nolint:wrapcheck // it goes straight to require.
}

func sixteenClaimers(s *scene) {
	n := s.suite.Messages
	s.run(0)
	s.accept(n)
	stores, l := s.crowd(), newLedger()
	ctx, cancel := context.WithTimeout(s.t.Context(), s.suite.Patience)
	defer cancel()
	together(s.t, claimers, func(caller int) error {
		store := stores[caller%replicas]
		for l.distinct() < n && ctx.Err() == nil {
			claimed, err := claimInto(ctx, l, store, 1+caller*4)
			if err != nil {
				return err
			}
			outcomes := make([]models.Outcome, 0, len(claimed))
			for _, one := range claimed {
				outcomes = append(outcomes, s.sent(one))
			}
			applied, err := store.Record(ctx, outcomes)
			if err != nil {
				return err //nolint:wrapcheck // it goes straight to require.
			}
			for _, one := range applied {
				if !one {
					return errors.New("a standing claim's record did not apply")
				}
			}
		}
		return nil
	})
	require.Empty(s.t, s.claim(1))
	l.requireOnce(s.t, n)
	s.requireCounts(models.Counts{models.StatusSent: int64(n)})
}

func sixteenWithinWindows(s *scene) {
	const perWindow = 7
	n := min(s.suite.Messages, 20*perWindow)
	s.run(perWindow)
	s.accept(n)
	stores, l := s.crowd(), newLedger()
	// A draw whose claim failed is spent, so it may take more windows than fit.
	for range 3 * n / perWindow {
		together(s.t, claimers, func(caller int) error {
			for {
				claimed, err := claimInto(s.t.Context(), l, stores[caller%replicas], 3)
				if err != nil || len(claimed) == 0 {
					return err
				}
			}
		})
		if l.distinct() == n {
			break
		}
		s.clock.Move(interval)
	}
	l.requireOnce(s.t, n)
	l.requireWithin(s.t, perWindow)
}

func oneStarts(s *scene) {
	require.NoError(s.t, s.store.Configure(s.t.Context(), models.Pace{Interval: interval, PerWindow: 2}))
	stores := s.crowd()
	for round := range 3 {
		for _, action := range []models.Action{models.ActionStart, models.ActionStop} {
			var did atomic.Int64
			together(s.t, 8, func(caller int) error {
				entry := models.SchedulerLog{ID: fmt.Sprintf("%s-%d-%d", action, round, caller), Action: action}
				change := stores[caller%replicas].Start
				if action == models.ActionStop {
					change = stores[caller%replicas].Stop
				}
				_, err := change(s.t.Context(), entry)
				if models.KindOf(err) == models.KindConflict {
					return nil
				}
				did.Add(1)
				return err
			})
			require.EqualValues(s.t, 1, did.Load(), "%s", action)
		}
	}
	s.requireLogs(6)
}
