package sqlitestore

import (
	"context"
	"strconv"

	"auto-message-sender/internal/models"
)

const (
	// findPromotable and findExpired walk an index that holds only what waits for its
	// time, in the order of the times. They leave out what nobody has adopted yet: that
	// is inspected first.
	findPromotable  = `SELECT seq, id, status FROM messages INDEXED BY messages_scheduled WHERE status = 'scheduled' AND next_attempt_at <= ? AND NOT (` + toAdopt + `) ORDER BY next_attempt_at LIMIT ?`
	promoteMessages = `UPDATE messages SET status = 'pending', updated_at = ?
		WHERE seq IN (SELECT value FROM json_each(?)) AND status = 'scheduled'`
)

// Promote makes scheduled messages pending whose time has come.
func (s *Store) Promote(ctx context.Context, limit int) ([]models.ID, error) {
	return s.moveOn(ctx, "promote messages", findPromotable, promoteMessages, models.StatusPending, limit)
}

// moveOn moves messages to a status whose time has come by the query find. It looks
// first without the lock for writing: mostly there is nothing to do.
func (s *Store) moveOn(ctx context.Context, doing, find, move string, to models.Status, limit int) ([]models.ID, error) {
	due := false
	err := s.read(ctx, doing, find, func(row) error {
		due = true
		return nil
	}, millis(s.Now()), min(limit, 1))
	if err != nil || !due {
		return nil, err
	}
	var moved []models.ID
	err = s.write(ctx, doing, func(ctx context.Context, tx *transaction) error {
		moved = nil
		now := millis(s.Now())
		seqs := []byte{'['}
		err := tx.query(ctx, find, func(values row) error {
			seqs = append(strconv.AppendInt(seqs, asInt(values[0]), 10), ',')
			moved = append(moved, models.ID{Text: asText(values[1])})
			tx.move(1, models.Status(asText(values[2])), to)
			return nil
		}, now, limit)
		if err != nil || len(moved) == 0 {
			return err
		}
		seqs[len(seqs)-1] = ']'
		_, err = tx.exec(ctx, move, now, string(seqs))
		return err
	})
	if err != nil {
		return nil, err
	}
	return moved, nil
}
