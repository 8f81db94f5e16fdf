package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"auto-message-sender/internal/faults"
	"auto-message-sender/internal/models"
)

const (
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
	if tx.changes > 0 {
		faults.Reached(faults.Commit)
	}
	// Where nothing was changed this writes nothing, and no disk has to turn.
	if _, err := w.connection.exec(ctx, "COMMIT"); err != nil {
		w.undo(ctx, err)
		return nil, fmt.Errorf("commit: %w", &commitError{err})
	}
	if tx.changes > 0 {
		faults.Reached(faults.Committed)
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
