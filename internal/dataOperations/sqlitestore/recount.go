package sqlitestore

import (
	"context"
	"fmt"

	"auto-message-sender/internal/models"
)

const (
	// recountMessages reads every message. Those that nobody has adopted do not count.
	recountMessages = `SELECT status, count(*) FROM messages
		WHERE status <> 'pending' OR next_attempt_at IS NOT NULL GROUP BY status`
	recountCounts = `SELECT scheduled, pending, sending, sent, failed, canceled, expired, recounts FROM counts WHERE id = 1`
	// noteRecount lets one correction of an error through: of two processes that
	// counted the same error, the second finds another number of recounts.
	noteRecount = `UPDATE counts SET recounts = recounts + 1 WHERE id = 1 AND recounts = ?`
)

// recount corrects the counts by what a person changed by hand since the last
// start. It reads a moment of the past, so it adds the difference of that moment,
// which holds whatever was counted since.
func (s *Store) recount(ctx context.Context) {
	wrong, recounts, err := s.countingError(ctx)
	if err == nil && len(wrong) > 0 {
		err = s.write(ctx, "correct the counts", func(ctx context.Context, tx *transaction) error {
			changed, err := tx.exec(ctx, noteRecount, recounts)
			if err != nil || changed == 0 {
				return err
			}
			for status, n := range wrong {
				tx.move(n, "", status)
			}
			s.options.Log.WithField("differences", wrong).Info("counts corrected after changes by hand")
			return nil
		})
	}
	if err != nil && ctx.Err() == nil {
		s.options.Log.WithError(err).Warn("the messages could not be recounted; the counts stay as they are")
	}
}

// countingError returns by how much each count is too low, and how many recounts
// went before, both of one moment.
func (s *Store) countingError(ctx context.Context) (wrong models.Counts, recounts int64, err error) {
	tx, err := s.readers.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, 0, explain("recount", err)
	}
	defer func() { _ = tx.Rollback() }()

	values := make([]int64, len(models.Statuses())+1)
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	if err := tx.QueryRowContext(ctx, recountCounts).Scan(into...); err != nil {
		return nil, 0, explain("recount", err)
	}
	wrong = models.Counts{}
	for i, status := range models.Statuses() {
		wrong[status] -= values[i]
	}
	rows, err := tx.QueryContext(ctx, recountMessages)
	if err != nil {
		return nil, 0, explain("recount", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var status models.Status
		var n int64
		if err := rows.Scan(&status, &n); err != nil {
			return nil, 0, explain("recount", err)
		}
		wrong[status] += n
	}
	for status, n := range wrong {
		if n == 0 {
			delete(wrong, status)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, 0, fmt.Errorf("recount: %w", err)
	}
	return wrong, values[len(values)-1], nil
}
