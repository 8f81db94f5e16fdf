package dispatch_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

// calmStore is a real store that is not asked again where the answer cannot have
// changed: a replica asks four times a second, which makes a million questions of
// three days. It stands where every attempt ends at once and is taken, so that
// nothing becomes due by itself but a window; whatever is written, through any
// replica's store, ends what it remembers, and so does a clock that went back.
type calmStore struct {
	*sqlitestore.Store
	writes *atomic.Int64 // by all replicas

	mu      sync.Mutex
	state   memory[models.Scheduler]
	adopted memory[struct{}]
	claims  memory[[]models.Claim]
	due     memory[[]models.ID]
	over    memory[[]models.ID]
	claimed memory[dataoperations.ClaimResult]
}

// memory is an answer, after how many writes it was given, and when.
type memory[T any] struct {
	known  bool
	answer T
	writes int64
	at     time.Time
}

// again returns what is remembered, or asks. It does not hold the mutex while it
// asks: who waits for one stops virtual time, and the answer may need it to go on.
func again[T any](s *calmStore, m *memory[T], holds func(T) bool, ask func() (T, error)) (T, error) {
	s.mu.Lock()
	writes, at := s.writes.Load(), s.Now()
	if m.known && m.writes == writes && !at.Before(m.at) && holds(m.answer) {
		defer s.mu.Unlock()
		m.at = at
		return m.answer, nil
	}
	s.mu.Unlock()
	answer, err := ask()
	s.mu.Lock()
	defer s.mu.Unlock()
	*m = memory[T]{known: err == nil, answer: answer, writes: writes, at: at}
	return answer, err
}

func always[T any](T) bool { return true }

func (s *calmStore) Scheduler(ctx context.Context) (models.Scheduler, error) {
	return again(s, &s.state, always, func() (models.Scheduler, error) { return s.Store.Scheduler(ctx) })
}

func (s *calmStore) Claims(ctx context.Context, limit int) ([]models.Claim, error) {
	return again(s, &s.claims, always, func() ([]models.Claim, error) { return s.Store.Claims(ctx, limit) })
}

func (s *calmStore) Adopt(ctx context.Context, request dataoperations.AdoptRequest) (adopted, refused int, err error) {
	_, err = again(s, &s.adopted, always, func() (struct{}, error) {
		adopted, refused, err = s.Store.Adopt(ctx, request)
		return struct{}{}, err //nolint:wrapcheck // a test's
	})
	return adopted, refused, err //nolint:wrapcheck // a test's
}

// Promote and Expire find nothing here: no message has a time to go out at, or a
// validity. They are asked once after a write.
func (s *calmStore) Promote(ctx context.Context, limit int) ([]models.ID, error) {
	return again(s, &s.due, always, func() ([]models.ID, error) { return s.Store.Promote(ctx, limit) })
}

func (s *calmStore) Expire(ctx context.Context, limit int) ([]models.ID, error) {
	return again(s, &s.over, always, func() ([]models.ID, error) { return s.Store.Expire(ctx, limit) })
}

// Claim asks where a window is due, or anything was written since a claim of nothing.
func (s *calmStore) Claim(ctx context.Context, request dataoperations.ClaimRequest) (dataoperations.ClaimResult, error) {
	holds := func(last dataoperations.ClaimResult) bool {
		return len(last.Claimed) == 0 && s.Now().Before(last.Scheduler.NextWindowAt)
	}
	return again(s, &s.claimed, holds, func() (dataoperations.ClaimResult, error) {
		result, err := s.Store.Claim(ctx, request)
		if len(result.Claimed) > 0 || result.WindowOpened || err != nil {
			s.writes.Add(1)
		}
		result.WindowOpened = false // which matters to nobody but the log
		return result, err          //nolint:wrapcheck // a test's
	})
}

func (s *calmStore) Accept(ctx context.Context, messages ...models.Message) error {
	defer s.writes.Add(1)
	return s.Store.Accept(ctx, messages...) //nolint:wrapcheck // a test's
}

func (s *calmStore) Record(ctx context.Context, outcomes []models.Outcome) ([]bool, error) {
	defer s.writes.Add(1)
	for _, outcome := range outcomes {
		if outcome.Result == models.ResultRetry {
			return nil, fmt.Errorf("calmStore: %s would become due by itself", outcome.ID)
		}
	}
	return s.Store.Record(ctx, outcomes) //nolint:wrapcheck // a test's
}

func (s *calmStore) GiveBack(ctx context.Context, claims []models.Claim) error {
	defer s.writes.Add(1)
	return s.Store.GiveBack(ctx, claims) //nolint:wrapcheck // a test's
}

func (s *calmStore) Start(ctx context.Context, entry models.SchedulerLog) (models.Scheduler, error) {
	defer s.writes.Add(1)
	return s.Store.Start(ctx, entry) //nolint:wrapcheck // a test's
}

func (s *calmStore) Stop(ctx context.Context, entry models.SchedulerLog) (models.Scheduler, error) {
	defer s.writes.Add(1)
	return s.Store.Stop(ctx, entry) //nolint:wrapcheck // a test's
}
