package sqlitestore

import (
	"context"

	"auto-message-sender/internal/models"
)

// transaction is one write transaction, which several operations may share.
type transaction struct {
	connection *connection
	changes    int64              // rows changed so far
	moved      models.Counts      // what the transaction adds to the counts
	minutes    map[int64]happened // what it adds to the minutes, by their beginnings; nil: nothing
	// filedUntil is up to when the provider's ids are filed, once it is known.
	filedUntil int64
	filedKnown bool
}

// exec changes rows and returns how many.
func (t *transaction) exec(ctx context.Context, query string, args ...any) (int64, error) {
	changed, err := t.connection.exec(ctx, query, args...)
	t.changes += changed
	return changed, err
}

// query reads rows.
func (t *transaction) query(ctx context.Context, query string, each func(row) error, args ...any) error {
	return t.connection.query(ctx, query, each, args...)
}

// change changes rows by a statement that returns each of them.
func (t *transaction) change(ctx context.Context, query string, each func(row) error, args ...any) error {
	return t.connection.query(ctx, query, func(values row) error {
		t.changes++
		return each(values)
	}, args...)
}

// move tells the counts that n messages went from one status to another; an
// empty status is none.
func (t *transaction) move(n int64, from, to models.Status) {
	if from != "" {
		t.moved[from] -= n
	}
	if to != "" {
		t.moved[to] += n
	}
}

const addToCounts = `UPDATE counts SET scheduled = scheduled + ?, pending = pending + ?, sending = sending + ?,
	sent = sent + ?, failed = failed + ?, canceled = canceled + ?, expired = expired + ? WHERE id = 1`

// count writes what the transaction adds to the counts and the minutes: a
// statement each, however many messages moved.
func (t *transaction) count(ctx context.Context) error {
	if err := t.writeMinutes(ctx); err != nil {
		return err
	}
	var args []any
	none := true
	for _, status := range models.Statuses() {
		args = append(args, t.moved[status])
		none = none && t.moved[status] == 0
	}
	if none {
		return nil
	}
	_, err := t.exec(ctx, addToCounts, args...)
	return err
}
