package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"auto-message-sender/internal/models"
)

const (
	// maxTogether bounds the operations of one transaction, so that the first in
	// it does not wait for hundreds.
	maxTogether = 256
	// busyPoll is how often the writer asks for a lock that another process has.
	// SQLite's own waits grow to 100 ms, and then one process starves another.
	busyPoll = time.Millisecond
	// busyPolls bounds the wait, to some ten seconds.
	busyPolls = 10_000
	// politePause is how long a writer that met another process lets it go first
	// after a commit; it must be longer than busyPoll. It does so for politeFor
	// commits after the last meeting: alone on its file it pauses never.
	politePause = 2 * time.Millisecond
	politeFor   = 100
)

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

// close writes what waits, and ends.
func (w *writer) close() error {
	w.mutex.Lock()
	w.closed = true
	w.nudge()
	w.mutex.Unlock()
	<-w.done
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

// writeTogether commits what waits as one transaction. Operations are taken from
// the queue only once the lock is held, so that until then they can be called off
// and others can join.
func (w *writer) writeTogether(ctx context.Context) {
	switch err := w.begin(ctx, w.someoneWaits); {
	case errors.Is(err, errUnwanted):
		return
	case err != nil:
		for _, op := range w.take(maxTogether) {
			op.done <- err
		}
		return
	}
	ops := w.take(maxTogether)
	answers, err := w.perform(ctx, ops)
	if err == nil {
		for i, op := range ops {
			op.done <- answers[i]
		}
		return
	}
	if len(ops) == 1 || unknowable(err) {
		for _, op := range ops {
			op.done <- err
		}
		return
	}
	for _, op := range ops {
		op.done <- w.writeAlone(ctx, op)
	}
}

// writeAlone commits one operation as a transaction of its own.
func (w *writer) writeAlone(ctx context.Context, op *operation) error {
	if err := w.begin(ctx, func() bool { return true }); err != nil {
		return err
	}
	answers, err := w.perform(ctx, []*operation{op})
	if err != nil {
		return err
	}
	return answers[0]
}

// errUnwanted says that everybody called off before the lock was to be had.
var errUnwanted = errors.New("nobody waits for the transaction any more")

// begin begins a transaction, opening the connection where there is none. It
// waits for other processes for as long as wanted says that somebody waits.
func (w *writer) begin(ctx context.Context, wanted func() bool) error {
	if w.connection == nil {
		opened, err := w.open(ctx)
		if err != nil {
			w.failed(err)
			return err
		}
		w.connection = opened
	}
	var err error
	for range busyPolls {
		_, err = w.connection.exec(ctx, "BEGIN IMMEDIATE")
		if code(err) != sqlite3.SQLITE_BUSY {
			break
		}
		if !wanted() {
			return errUnwanted
		}
		w.polite = politeFor
		<-time.After(busyPoll)
	}
	if err != nil {
		w.undo(ctx, err)
		return fmt.Errorf("begin a transaction: %w", err)
	}
	return nil
}

// perform runs the operations in the transaction begun, and commits it. Each has
// its answer: an operation that refused before it changed anything spoils
// nothing. An error means that the whole transaction was undone.
func (w *writer) perform(ctx context.Context, ops []*operation) (answers []error, err error) {
	tx := &transaction{connection: w.connection, moved: models.Counts{}}
	answers = make([]error, len(ops))
	for i, op := range ops {
		before := tx.changes
		answers[i] = op.work(ctx, tx)
		if answers[i] != nil && (tx.changes != before || models.KindOf(answers[i]) == 0) {
			w.undo(ctx, answers[i])
			return nil, answers[i]
		}
	}
	if err := tx.count(ctx); err != nil {
		w.undo(ctx, err)
		return nil, fmt.Errorf("count: %w", err)
	}
	// Where nothing was changed this writes nothing, and no disk has to turn.
	if _, err := w.connection.exec(ctx, "COMMIT"); err != nil {
		w.undo(ctx, err)
		return nil, fmt.Errorf("commit: %w", &commitError{err})
	}
	if tx.changes > 0 {
		w.succeeded()
	}
	return answers, nil
}

// undo rolls the transaction back after the failure given. Where the file itself
// failed the connection is given up too, because what it holds of the file may be
// wrong; the next operation opens another.
func (w *writer) undo(ctx context.Context, failure error) {
	// SQLite has rolled back on its own after some failures, and then refuses.
	_, rollbackErr := w.connection.exec(ctx, "ROLLBACK")
	switch code(failure) {
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
	default:
		if rollbackErr == nil || code(rollbackErr) == sqlite3.SQLITE_ERROR {
			w.report(failure)
			return
		}
	}
	_ = w.connection.close()
	w.connection = nil
	w.report(failure)
}

// report tells of failures of the file, not of refused operations.
func (w *writer) report(failure error) {
	if code(failure) != 0 && code(failure) != sqlite3.SQLITE_CONSTRAINT {
		w.failed(failure)
	}
}

// commitError marks an error of the commit itself.
type commitError struct{ cause error }

func (e *commitError) Error() string { return e.cause.Error() }
func (e *commitError) Unwrap() error { return e.cause }

// unknowable reports whether the transaction may have been committed all the
// same, so that running its operations again could do them twice: a commit whose
// fsync failed. A commit that found the disk full was undone.
func unknowable(err error) bool {
	_, inCommit := errors.AsType[*commitError](err)
	return inCommit && code(err) != sqlite3.SQLITE_FULL
}
