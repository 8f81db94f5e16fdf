package sqlitestore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// maxTogether bounds the operations of one transaction, so that the first in it
// does not wait for hundreds.
const maxTogether = 256

// writer is the one goroutine that writes. It commits whatever operations wait
// as one transaction: the slower the disk, the more share an fsync, and nobody
// waits for company. An operation that fails is undone with the whole
// transaction, and then each of them is run again on its own.
type writer struct {
	open func(context.Context) (*connection, error)
	// failed is told of every failure of the file, succeeded of every commit.
	failed    func(error)
	succeeded func()

	connection *connection // nil: to be opened
	polite     int         // so many commits will be followed by a pause
	mutex      sync.Mutex
	waiting    []*operation
	closed     bool
	wake       chan struct{} // holds a token when something waits
	done       chan struct{} // closed when the goroutine has ended
}

// operation is one caller's part of a transaction.
type operation struct {
	// work may run more than once, so it sets all of its results every time.
	work func(context.Context, *transaction) error
	// begun is set by whoever comes first: the writer, or the caller who gives up.
	begun atomic.Bool
	done  chan error
}

func newWriter(open func(context.Context) (*connection, error), failed func(error), succeeded func()) *writer {
	return &writer{
		open: open, failed: failed, succeeded: succeeded,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// do runs work in a transaction and returns once that is durable. When ctx ends
// before the work has begun, it never begins.
func (w *writer) do(ctx context.Context, work func(context.Context, *transaction) error) error {
	if err := ctx.Err(); err != nil {
		return err //nolint:wrapcheck // the store says what it was doing.
	}
	op := &operation{work: work, done: make(chan error, 1)}
	if !w.enqueue(op) {
		return errClosed()
	}
	select {
	case err := <-op.done:
		return err
	case <-ctx.Done():
		if op.begun.CompareAndSwap(false, true) {
			return ctx.Err() //nolint:wrapcheck // likewise.
		}
		return <-op.done // it holds the lock, so this is short
	}
}

func (w *writer) enqueue(op *operation) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.closed {
		return false
	}
	w.waiting = append(w.waiting, op)
	w.nudge()
	return true
}

func (w *writer) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// finish writes what waits, and ends the goroutine.
func (w *writer) finish() {
	w.mutex.Lock()
	w.closed = true
	w.nudge()
	w.mutex.Unlock()
	<-w.done
}

// close closes the connection, after finish.
func (w *writer) close() error {
	if w.connection == nil {
		return nil
	}
	return w.connection.close()
}

// run is the goroutine. Its context never ends; close does.
func (w *writer) run(ctx context.Context) {
	defer close(w.done)
	for range w.wake {
		for w.someoneWaits() {
			w.writeTogether(ctx)
			if w.polite > 0 {
				w.polite--
				<-time.After(politePause)
			}
		}
		w.mutex.Lock()
		ended := w.closed && len(w.waiting) == 0
		w.mutex.Unlock()
		if ended {
			return
		}
	}
}

// someoneWaits drops what was called off, and reports whether anything is left.
func (w *writer) someoneWaits() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	left := w.waiting[:0]
	for _, op := range w.waiting {
		if !op.begun.Load() {
			left = append(left, op)
		}
	}
	clear(w.waiting[len(left):])
	w.waiting = left
	return len(left) > 0
}

// take takes operations from the queue, those that were not called off.
func (w *writer) take(limit int) []*operation {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	taken := make([]*operation, 0, min(limit, len(w.waiting)))
	next := 0
	for ; next < len(w.waiting) && len(taken) < limit; next++ {
		if w.waiting[next].begun.CompareAndSwap(false, true) {
			taken = append(taken, w.waiting[next])
		}
	}
	left := copy(w.waiting, w.waiting[next:])
	clear(w.waiting[left:])
	w.waiting = w.waiting[:left]
	return taken
}
