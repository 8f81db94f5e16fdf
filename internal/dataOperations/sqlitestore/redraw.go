package sqlitestore

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"auto-message-sender/internal/models"
)

// redrawBatch bounds one transaction, so that claims and outcomes come in between.
const redrawBatch = 1000

const redrawMessages = `UPDATE messages SET drawn = 0, updated_at = ?
	WHERE seq IN (SELECT value FROM json_each(?)) AND status = 'pending'`

// Redraw makes retries that are due draw from a window again.
func (s *Store) Redraw(ctx context.Context) (int, error) {
	if err := s.sendable(ctx); err != nil {
		return 0, err
	}
	total := 0
	for {
		var n int
		err := s.write(ctx, "make retries draw again", func(ctx context.Context, tx *transaction) error {
			var err error
			n, err = redraw(ctx, tx, s.Now())
			return err
		})
		if err != nil {
			return total, err
		}
		total += n
		if n < redrawBatch {
			return total, nil
		}
	}
}

// redraw makes up to redrawBatch retries draw again, and returns how many.
func redraw(ctx context.Context, tx *transaction, now time.Time) (int, error) {
	list, n := []byte{'['}, 0
	for _, priority := range []models.Priority{models.PriorityHigh, models.PriorityNormal, models.PriorityLow} {
		due, err := findDueOf(ctx, tx, priority, false, now, redrawBatch-n)
		if err != nil {
			return 0, err
		}
		for _, one := range due {
			list = append(strconv.AppendInt(list, one.seq, 10), ',')
		}
		n += len(due)
	}
	if n == 0 {
		return 0, nil
	}
	list[len(list)-1] = ']'
	if _, err := tx.exec(ctx, redrawMessages, millis(now), string(list)); err != nil {
		return 0, fmt.Errorf("redraw: %w", err)
	}
	return n, nil
}
