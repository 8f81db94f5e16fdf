package mongostore

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"auto-message-sender/internal/models"
)

// Counts returns the number of messages by status, at most CountsAge older than
// the end of the count. Nobody who sends a message waits for it.
func (s *Store) Counts(ctx context.Context) (models.Counts, error) {
	counts, err := s.counts.latest(ctx)
	return counts, explain("count messages", err)
}

// countPatience bounds one count; on a very large collection it outlasts the
// time limit of ordinary operations.
const countPatience = 2 * time.Minute

// count counts by index keys, one status after the other: each is a scan of a
// stretch of the index, which MongoDB does without reading a document.
func (s *Store) count(ctx context.Context) (models.Counts, error) {
	ctx, cancel := context.WithTimeout(ctx, countPatience)
	defer cancel()
	counts := models.Counts{}
	for _, status := range models.Statuses() {
		n, err := s.messages.CountDocuments(ctx, bson.M{"status": string(status)})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", status, err)
		}
		counts[status] = n
	}
	// Those inserted by hand count once they are adopted.
	waiting, err := s.messages.CountDocuments(ctx, bson.M{"status": pending, "next_attempt_at": nil})
	if err != nil {
		return nil, fmt.Errorf("not yet adopted: %w", err)
	}
	counts[models.StatusPending] = max(0, counts[models.StatusPending]-waiting)
	return counts, nil
}

// counter keeps the latest counts and makes new ones: one count at a time,
// whoever asks. While somebody keeps asking, it counts anew before the old ones
// expire, so that only the first who asks after a pause waits for a count.
type counter struct {
	count   func(ctx context.Context) (models.Counts, error)
	age     time.Duration
	running context.Context //nolint:containedctx // that of the store, from Open to Close
	work    sync.WaitGroup

	mu     sync.Mutex // guards the fields below
	counts models.Counts
	asked  bool      // since the latest count
	job    *counting // the count under way, nil if there is none
	timers []*time.Timer
	closed bool
}

// counting is one count under way. Its result may be read once done is closed.
type counting struct {
	done   chan struct{}
	counts models.Counts
	err    error
}

func newCounter(count func(context.Context) (models.Counts, error), age time.Duration) *counter {
	return &counter{count: count, age: age}
}

// latest returns the counts that are there, or waits for new ones.
func (c *counter) latest(ctx context.Context) (models.Counts, error) {
	c.mu.Lock()
	c.asked = true
	if c.counts != nil {
		defer c.mu.Unlock()
		return maps.Clone(c.counts), nil
	}
	job := c.begin()
	c.mu.Unlock()
	if job == nil {
		return nil, context.Canceled // the store is closed
	}
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the count: %w", ctx.Err())
	case <-job.done:
		return maps.Clone(job.counts), job.err
	}
}

// begin starts a count unless one is under way. The caller holds mu.
func (c *counter) begin() *counting {
	if c.job != nil || c.closed {
		return c.job
	}
	job := &counting{done: make(chan struct{})}
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
func (c *counter) keep(counts models.Counts) {
	c.forget()
	c.counts = counts
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
			c.counts = nil
		}),
	}
}

// forget drops the counts and their timers. The caller holds mu.
func (c *counter) forget() {
	for _, timer := range c.timers {
		timer.Stop()
	}
	c.counts, c.timers = nil, nil
}

// close ends the count under way, and waits for it.
func (c *counter) close() {
	c.mu.Lock()
	c.closed = true
	c.forget()
	c.mu.Unlock()
	c.work.Wait()
}
