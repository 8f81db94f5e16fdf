package sqlitestore

import (
	"context"

	"auto-message-sender/internal/models"
)

// validAgain is until when a message is valid that is retried at ?1: for its validity
// anew, or until the time that it was given, unless that has passed. Whoever wants it
// sent all the same does not want it expired.
const validAgain = `CASE WHEN validity_s IS NOT NULL THEN ?1 + 1000 * validity_s
		WHEN typeof(expires_at) = 'integer' AND expires_at > ?1 THEN expires_at END`

// retryMessage makes a message due that failed or expired: to be drawn from a
// window, with fresh attempts and a fresh validity. The claim id stays. What was
// refused when it was adopted was never valid, and is left as it is.
const retryMessage = `UPDATE messages SET status = 'pending', drawn = 0, next_attempt_at = ?1, updated_at = ?1,
		prior_attempts = attempt_count, expires_at = ` + validAgain + `, failed_at = NULL, error = NULL, error_code = NULL
	WHERE id = ?2 AND status = ?3 AND erased_at IS NULL AND error_code IS NOT '` + models.ErrorCodeInvalid + `'`

// Retry makes messages pending that failed or expired.
func (s *Store) Retry(ctx context.Context, ids []models.ID) ([]bool, error) {
	if err := s.undamaged(); err != nil {
		return nil, err
	}
	return s.changeEach(ctx, "retry messages", ids, func(ctx context.Context, tx *transaction, id string) (bool, error) {
		status, err := statusOf(ctx, tx, id)
		if err != nil || (status != models.StatusFailed && status != models.StatusExpired) {
			return false, err
		}
		changed, err := tx.exec(ctx, retryMessage, millis(s.Now()), id, string(status))
		tx.move(changed, status, models.StatusPending)
		return changed > 0, err
	})
}
