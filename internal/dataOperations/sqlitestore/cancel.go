package sqlitestore

import (
	"context"
	"fmt"

	"auto-message-sender/internal/models"
)

const (
	findStatus = `SELECT status FROM messages WHERE id = ?`
	// cancelMessage leaves the claim id, for a 2xx that comes late, and all else that
	// happened. What nobody has inspected yet is not touched.
	cancelMessage = `UPDATE messages SET status = 'canceled', drawn = -1, next_attempt_at = NULL, updated_at = ?
		WHERE id = ? AND (status = 'scheduled' OR status = 'pending') AND NOT (` + toAdopt + `)`
)

// Cancel makes waiting messages canceled.
func (s *Store) Cancel(ctx context.Context, ids []models.ID) ([]bool, error) {
	return s.changeEach(ctx, "cancel messages", ids, func(ctx context.Context, tx *transaction, id string) (bool, error) {
		status, err := statusOf(ctx, tx, id)
		if err != nil || status == models.StatusCanceled {
			return err == nil, err
		}
		changed, err := tx.exec(ctx, cancelMessage, millis(s.Now()), id)
		tx.move(changed, status, models.StatusCanceled)
		return changed > 0, err
	})
}

// changeEach changes messages one by one, in one transaction, and returns the
// answer for each.
func (s *Store) changeEach(
	ctx context.Context, doing string, ids []models.ID, change func(context.Context, *transaction, string) (bool, error),
) ([]bool, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var changed []bool
	err := s.write(ctx, doing, func(ctx context.Context, tx *transaction) (err error) {
		changed = make([]bool, len(ids))
		for i, id := range ids {
			if changed[i], err = change(ctx, tx, id.Text); err != nil {
				return fmt.Errorf("one of %d: %w", len(ids), err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// statusOf returns the status of a message, empty when there is none with the id.
func statusOf(ctx context.Context, tx *transaction, id string) (status models.Status, err error) {
	err = tx.query(ctx, findStatus, func(values row) error {
		status = models.Status(asText(values[0]))
		return nil
	}, id)
	return status, err
}
