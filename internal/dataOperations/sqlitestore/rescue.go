package sqlitestore

import (
	"context"
	"fmt"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

const (
	listClaims = `SELECT id, claim_id, claim_owner, claim_lease_ms, claim_window FROM messages
		WHERE status = 'sending' ORDER BY claim_at, seq LIMIT ?`
	// findLapsed reads what the attempt's entry needs, where the claim still stands.
	findLapsed = `SELECT attempt_count, prior_attempts, claim_at, claim_owner FROM messages WHERE id = ? AND claim_id = ? AND status = 'sending'`
	// rescueMessage ends the claim but keeps its id, for a 2xx that comes late.
	rescueMessage = `UPDATE messages SET status = ?, next_attempt_at = ?, failed_at = ?, updated_at = ?, error = ?, error_code = ?,
		retry_count = retry_count + 1, attempts = coalesce(attempts, '') || ?
		WHERE id = ? AND claim_id = ? AND status = 'sending'`
)

// unseen is the error of an attempt whose replica is gone.
const unseen = "the replica stopped before it recorded what became of this attempt: the message may or may not have arrived"

// Claims lists claims of messages that are sending, oldest first.
func (s *Store) Claims(ctx context.Context, limit int) ([]models.Claim, error) {
	var claims []models.Claim
	err := s.read(ctx, "list claims", listClaims, func(values row) error {
		claims = append(claims, models.Claim{
			ID: models.ID{Text: asText(values[0])}, ClaimID: asText(values[1]), Owner: asText(values[2]),
			Lease: time.Duration(asInt(values[3])) * time.Millisecond, Window: asInt(values[4]),
		})
		return nil
	}, limit)
	return claims, err
}

// Rescue ends claims whose replica is gone, each only where it still stands.
func (s *Store) Rescue(ctx context.Context, claims []models.Claim, policy dataoperations.RescuePolicy) (int, error) {
	if len(claims) == 0 {
		return 0, nil
	}
	var rescued int
	err := s.write(ctx, "rescue messages", func(ctx context.Context, tx *transaction) error {
		rescued = 0
		for _, claim := range claims {
			did, err := rescue(ctx, tx, claim, policy, s.Now())
			if err != nil {
				return fmt.Errorf("rescue a message: %w", err)
			}
			if did {
				rescued++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return rescued, nil
}

// rescue ends one claim, and reports whether it still stood.
func rescue(ctx context.Context, tx *transaction, claim models.Claim, policy dataoperations.RescuePolicy, now time.Time) (bool, error) {
	var attempt models.Attempt
	prior := 0
	err := tx.query(ctx, findLapsed, func(values row) error {
		attempt = models.Attempt{
			Number: int(asInt(values[0])), StartedAt: asTime(values[2]), Error: unseen, Replica: asText(values[3]),
		}
		prior = int(asInt(values[1]))
		return nil
	}, claim.ID.Text, claim.ClaimID)
	if err != nil || attempt.Number == 0 {
		return false, err
	}
	text := line(attempt)
	status, errorCode := models.StatusPending, models.ErrorCodeOutcomeUnknown
	var next, failed any = millis(now), nil
	switch {
	case policy.Hold:
		status, next, failed = models.StatusFailed, nil, millis(now)
	case attempt.Number-prior >= policy.MaxAttempts:
		status, next, failed = models.StatusFailed, nil, millis(now)
		errorCode = models.ErrorCodeAttemptsExhausted
	}
	changed, err := tx.exec(ctx, rescueMessage, string(status), next, failed, millis(now), unseen, errorCode, text,
		claim.ID.Text, claim.ClaimID)
	if err != nil {
		return false, err
	}
	tx.move(changed, models.StatusSending, status)
	if status == models.StatusFailed {
		tx.ended(changed, status, millis(now))
	}
	return changed > 0, nil
}
