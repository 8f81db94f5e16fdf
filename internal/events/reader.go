package events

import (
	"context"
	"sync"
)

// Reader is one listener. It belongs to one goroutine, which closes it.
type Reader struct {
	ring     *ring
	position uint64
	pending  Batch  // to be given first: what the reader asked to be caught up with
	seen     string // with a backlog: the last place in it, which the ring may repeat
	after    func(place, than string) bool
	leave    func()
}

func (r *ring) reader(position uint64) *Reader {
	r.enter()
	return &Reader{ring: r, position: position, leave: sync.OnceFunc(r.leave)}
}

// Next waits for the next events, up to a thousand. Its error is ctx's, or ErrClosed.
func (r *Reader) Next(ctx context.Context) (Batch, error) {
	if r.pending.Reset || len(r.pending.Entries) > 0 {
		first := r.pending
		r.pending = Batch{}
		return first, nil
	}
	for {
		batch, next, err := r.ring.wait(ctx, r.position)
		if err != nil {
			return Batch{}, err
		}
		r.position = next
		batch.Entries = r.unseen(batch.Entries)
		if batch.Reset || len(batch.Entries) > 0 {
			return batch, nil
		}
	}
}

// unseen drops what the backlog had already.
func (r *Reader) unseen(entries []Entry) []Entry {
	for r.seen != "" && len(entries) > 0 {
		if r.after(entries[0].Place, r.seen) {
			r.seen = ""
			break
		}
		entries = entries[1:]
	}
	return entries
}

// Close ends the listening.
func (r *Reader) Close() { r.leave() }
