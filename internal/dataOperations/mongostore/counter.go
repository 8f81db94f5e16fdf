package mongostore

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// counter keeps the latest counts and makes new ones: one count at a time,
// whoever asks. While somebody keeps asking, it counts anew before the old ones
// expire, so that only the first who asks after a pause waits for a count.
type counter[T any] struct {
	count   func(ctx context.Context) (T, error)
	clone   func(T) T // so that an answer belongs to who asked
	age     time.Duration
	running context.Context //nolint:containedctx // that of the store, from Open to Close
	work    sync.WaitGroup

	mu     sync.Mutex // guards the fields below
	counts T
	known  bool         // counts are there
	asked  bool         // since the latest count
	job    *counting[T] // the count under way, nil if there is none
	timers []*time.Timer
	closed bool
}

// counting is one count under way. Its result may be read once done is closed.
type counting[T any] struct {
	done   chan struct{}
	counts T
	err    error
}

func newCounter[T any](count func(context.Context) (T, error), clone func(T) T, age time.Duration) *counter[T] {
	return &counter[T]{count: count, clone: clone, age: age}
}

// latest returns the counts that are there, or waits for new ones.
func (c *counter[T]) latest(ctx context.Context) (counts T, err error) {
	c.mu.Lock()
	c.asked = true
	if c.known {
		defer c.mu.Unlock()
		return c.clone(c.counts), nil
	}
	job := c.begin()
	c.mu.Unlock()
	if job == nil {
		return counts, context.Canceled // the store is closed
	}
	select {
	case <-ctx.Done():
		return counts, fmt.Errorf("waiting for the count: %w", ctx.Err())
	case <-job.done:
		return c.clone(job.counts), job.err
	}
}

// begin starts a count unless one is under way. The caller holds mu.
func (c *counter[T]) begin() *counting[T] {
	if c.job != nil || c.closed {
		return c.job
	}
	job := &counting[T]{done: make(chan struct{})}
	c.job, c.asked = job, false
	c.work.Go(func() {
		defer close(job.done)
		job.counts, job.err = c.count(c.running)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.job = nil
		if job.err == nil && !c.closed {
			c.keep(job.counts)
		}
	})
	return job
}

// keep holds new counts until they expire, and looks half way whether anybody
// wants newer ones. The caller holds mu.
func (c *counter[T]) keep(counts T) {
	c.forget()
	c.counts, c.known = counts, true
	c.timers = []*time.Timer{
		time.AfterFunc(c.age/2, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.asked {
				c.begin()
			}
		}),
		time.AfterFunc(c.age, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.known = false
		}),
	}
}

// forget drops the counts and their timers. The caller holds mu.
func (c *counter[T]) forget() {
	for _, timer := range c.timers {
		timer.Stop()
	}
	c.known, c.timers = false, nil
}

// close ends the count under way, and waits for it.
func (c *counter[T]) close() {
	c.mu.Lock()
	c.closed = true
	c.forget()
	c.mu.Unlock()
	c.work.Wait()
}
