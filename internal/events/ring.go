package events

import (
	"context"
	"errors"
	"sync"
)

const (
	// ringSize is how many events are kept for readers that come back.
	ringSize = 4096
	// batchSize bounds what a reader gets at once.
	batchSize = 1000
)

// ErrClosed is what Next returns once the service ends.
var ErrClosed = errors.New("events: the service is ending")

// ring keeps the last ringSize entries. Writers never wait for readers.
type ring struct {
	mu      sync.Mutex
	entries [ringSize]Entry
	next    uint64        // how many entries there were ever
	gap     uint64        // readers that are before it have missed something
	changed chan struct{} // closed when something was added; nil while nobody waits
	closed  bool
	readers int
}

func newRing() *ring { return &ring{} }

// add appends entries.
func (r *ring) add(entries ...Entry) {
	if len(entries) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, entry := range entries {
		r.entries[r.next%ringSize] = entry
		r.next++
	}
	r.wake()
}

// lose notes that events were lost which nobody can read any more.
func (r *ring) lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gap = r.next + 1
	r.next++ // a place of its own, without an entry
	r.entries[(r.next-1)%ringSize] = Entry{}
	r.wake()
}

func (r *ring) wake() {
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

func (r *ring) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.wake()
}

// wanted reports whether anybody reads.
func (r *ring) wanted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.readers > 0
}

// listeners returns how many read.
func (r *ring) listeners() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.readers
}

// find returns the position after the place given, and whether the ring has it. An
// empty place is now.
func (r *ring) find(place string) (position uint64, found bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if place == "" {
		return r.next, true
	}
	for position := r.next; position > 0 && position > r.oldest(); position-- {
		if r.entries[(position-1)%ringSize].Place == place {
			return position, true
		}
	}
	return r.next, false
}

// oldest returns the first position that is still there.
func (r *ring) oldest() uint64 {
	if r.next < ringSize {
		return 0
	}
	return r.next - ringSize
}

// wait returns what there is from the position on, and where to go on; it waits
// while there is nothing.
func (r *ring) wait(ctx context.Context, position uint64) (Batch, uint64, error) {
	for {
		batch, next, changed, err := r.look(position)
		if err != nil || changed == nil {
			return batch, next, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Batch{}, position, ctx.Err() //nolint:wrapcheck // the caller looks for it
		}
	}
}

// look is wait without waiting: where there is nothing it returns what to wait for.
func (r *ring) look(position uint64) (batch Batch, next uint64, changed <-chan struct{}, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return Batch{}, position, nil, ErrClosed
	case position >= r.next:
		if r.changed == nil {
			r.changed = make(chan struct{})
		}
		return Batch{}, position, r.changed, nil
	}
	if position < r.oldest() || position < r.gap {
		batch.Reset = true
		position = max(r.gap, r.oldest())
	}
	for ; position < r.next && len(batch.Entries) < batchSize; position++ {
		batch.Entries = append(batch.Entries, r.entries[position%ringSize])
	}
	return batch, position, nil, nil
}

// enter and leave count who reads.
func (r *ring) enter() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.readers++
}

func (r *ring) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.readers--
}
