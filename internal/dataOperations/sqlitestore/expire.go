package sqlitestore

import (
	"context"

	"auto-message-sender/internal/models"
)

const (
	findExpired = `SELECT seq, id, status FROM messages INDEXED BY messages_expiring
		WHERE expires_at IS NOT NULL AND (status = 'pending' OR status = 'scheduled') AND expires_at <= ? AND NOT (` + toAdopt + `)
		ORDER BY expires_at LIMIT ?`
	expireMessages = `UPDATE messages SET status = 'expired', drawn = -2, next_attempt_at = NULL, updated_at = ?
		WHERE seq IN (SELECT value FROM json_each(?)) AND (status = 'pending' OR status = 'scheduled')`
)

// Expire makes messages expired that were not sent within their validity.
func (s *Store) Expire(ctx context.Context, limit int) ([]models.ID, error) {
	return s.moveOn(ctx, "expire messages", findExpired, expireMessages, models.StatusExpired, limit)
}
