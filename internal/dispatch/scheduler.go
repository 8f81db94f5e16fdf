package dispatch

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/models"
)

// Scheduler drives the pipeline at the pace of the store's one record, and lets
// people change that record. The record is the truth: starting and stopping
// writes it, and the loop of every replica follows it. However often the
// scheduler is started and stopped, a replica has one loop.
type Scheduler struct {
	options Options
	log     logrus.FieldLogger
	view    *view
	flight  *flight
	breaker *breaker
	pool    *pool
	trouble trouble

	wake   chan struct{} // holds one: look again now
	hungry atomic.Bool   // the last claim filled every slot: look again when one is free

	// Of the loop's goroutine only.
	adopted, promoted, expired cadence

	mu     sync.Mutex // guards cancel: one loop at a time
	cancel context.CancelFunc
	loop   sync.WaitGroup
}

func newScheduler(options Options, view *view, flight *flight, breaker *breaker, pool *pool) *Scheduler {
	return &Scheduler{
		options: options,
		log:     options.Log,
		view:    view,
		flight:  flight,
		breaker: breaker,
		pool:    pool,
		trouble: trouble{now: options.Now},
		wake:    make(chan struct{}, 1),
	}
}

// Run starts the loop, unless it runs.
func (s *Scheduler) Run() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		return
	}
	// Not the context of whoever asked: the loop must outlive a request.
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.loop.Go(func() { s.follow(ctx) })
}

// Close ends the loop and waits for it. The record stays as it is.
func (s *Scheduler) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel == nil {
		return
	}
	s.cancel()
	s.loop.Wait()
	s.cancel = nil
}

// follow is the loop: it waits, runOnce works.
func (s *Scheduler) follow(ctx context.Context) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		ticker.Reset(s.runOnce(ctx))
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-s.wake:
		}
	}
}

// runOnce makes one pass and returns how long to rest.
func (s *Scheduler) runOnce(ctx context.Context) time.Duration {
	if err := s.pass(ctx); err != nil {
		s.trouble.report(ctx, s.log, err)
		return pollInterval
	}
	s.trouble.over(s.log)
	return min(untilNextLook(s.view.nextWindow(), s.options.Store.Now()), s.promoted.rest(s.options.Now()))
}

// pass looks at the record and does what it asks for: promote, expire and adopt, and
// while it runs also open the window that is due, claim, hand over. Every claim answers
// with the record too, so under load it is not read besides.
func (s *Scheduler) pass(ctx context.Context) error {
	state, recent := s.view.within(pollInterval / 2)
	if !recent {
		var err error
		if state, err = s.refresh(ctx); err != nil {
			return err
		}
	}
	windowDue := state.Running && !s.options.Store.Now().Before(state.NextWindowAt)
	if err := s.promote(ctx, windowDue); err != nil {
		return err
	}
	if err := s.expire(ctx, windowDue); err != nil {
		return err
	}
	if err := s.adopt(ctx, state.Running, windowDue); err != nil || !state.Running {
		return err
	}
	// Hungry before the claim: a slot freed while it runs must wake the loop.
	s.hungry.Store(true)
	filled, err := s.claim(ctx)
	s.hungry.Store(filled)
	return err
}

// untilNextLook returns how long the loop may rest: until the next window, but
// never longer than pollInterval. A window that is due still, because there is no
// free slot to open it for, is not waited for: a slot that becomes free wakes the loop.
func untilNextLook(nextWindow, now time.Time) time.Duration {
	rest := nextWindow.Sub(now)
	if rest <= 0 {
		return pollInterval
	}
	return min(pollInterval, max(time.Millisecond, rest))
}

// refresh reads the record.
func (s *Scheduler) refresh(ctx context.Context) (models.Scheduler, error) {
	asked := s.options.Now()
	state, err := s.options.Store.Scheduler(ctx)
	if err != nil {
		s.options.storeFailed(ctx, OperationState)
		return models.Scheduler{}, fmt.Errorf("read the scheduler's record: %w", err)
	}
	s.view.saw(state, asked)
	return state, nil
}

// Wake makes the loop look at once: a message was accepted.
func (s *Scheduler) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// slotsFreed is told by the recorder.
func (s *Scheduler) slotsFreed() {
	if s.hungry.Load() {
		s.Wake()
	}
}
