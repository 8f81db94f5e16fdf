package middleware

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ulule/limiter/v3"
	"github.com/ulule/limiter/v3/drivers/store/memory"
)

// localCounter counts requests in this process. The limiter's store forgets
// nobody unless a goroutine that nothing can stop sweeps it. So there are two
// stores: clients are counted in the younger one, those whose period began in
// the older one stay there until it ends, and once a period the older one is
// dropped as a whole.
type localCounter struct {
	rate limiter.Rate
	now  func() time.Time

	mu             sync.Mutex
	younger, older limiter.Store
	rotateAt       time.Time
}

func newLocalCounter(rate limiter.Rate, now func() time.Time) *localCounter {
	return &localCounter{
		rate: rate, now: now,
		younger: newCounterStore(), older: newCounterStore(), rotateAt: now().Add(rate.Period),
	}
}

// newCounterStore returns an empty store without the goroutine.
func newCounterStore() limiter.Store {
	return memory.NewStoreWithOptions(limiter.StoreOptions{Prefix: keyPrefix})
}

func (l *localCounter) count(ctx context.Context, key string) (limiter.Context, error) {
	store, _, err := l.find(ctx, key)
	if err != nil {
		return limiter.Context{}, err
	}
	state, err := store.Get(ctx, key, l.rate)
	if err != nil {
		return limiter.Context{}, fmt.Errorf("count a request: %w", err)
	}
	return state, nil
}

// peek returns how the client stands, and counts nothing.
func (l *localCounter) peek(ctx context.Context, key string) (limiter.Context, error) {
	_, state, err := l.find(ctx, key)
	return state, err
}

// find returns the store that the client is counted in, and how it stands there.
func (l *localCounter) find(ctx context.Context, key string) (limiter.Store, limiter.Context, error) {
	younger, older := l.stores()
	state, err := older.Peek(ctx, key, l.rate)
	if err == nil && state.Remaining < state.Limit {
		return older, state, nil
	}
	if err == nil {
		state, err = younger.Peek(ctx, key, l.rate)
	}
	if err != nil {
		return nil, limiter.Context{}, fmt.Errorf("look up a rate: %w", err)
	}
	return younger, state, nil
}

// stores returns the two, rotated when it is time.
func (l *localCounter) stores() (younger, older limiter.Store) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// Every period in the older store has ended: they began before the last
	// rotation, which is a period ago.
	if now := l.now(); !now.Before(l.rotateAt) {
		l.younger, l.older = newCounterStore(), l.younger
		l.rotateAt = now.Add(l.rate.Period)
	}
	return l.younger, l.older
}
