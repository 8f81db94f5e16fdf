package sqlitestore

import (
	"context"
	"fmt"
	"strings"

	"auto-message-sender/internal/models"
)

// Each outcome is one statement by the message's id, with the fence: the claim id
// and the status that the claim gave.
const (
	recordSent = `UPDATE messages SET status = 'sent', sent_at = ?, updated_at = ?, message_id = ?,
		next_attempt_at = NULL, failed_at = NULL, error = NULL, error_code = NULL, attempts = coalesce(attempts, '') || ?
		WHERE id = ? AND claim_id = ? AND status = 'sending'`
	recordRetry = `UPDATE messages SET status = 'pending', next_attempt_at = ?, updated_at = ?, error = ?, error_code = ?,
		drawn = iif(?, 0, drawn), retry_count = retry_count + 1, attempts = coalesce(attempts, '') || ?
		WHERE id = ? AND claim_id = ? AND status = 'sending'`
	// recordUncounted is recordRetry for an attempt that is taken back.
	recordUncounted = `UPDATE messages SET status = 'pending', next_attempt_at = ?, updated_at = ?, error = ?, error_code = ?,
		drawn = iif(?, 0, drawn), attempt_count = attempt_count - 1
		WHERE id = ? AND claim_id = ? AND status = 'sending'`
	recordFailed = `UPDATE messages SET status = 'failed', failed_at = ?, updated_at = ?, error = ?, error_code = ?,
		next_attempt_at = NULL, retry_count = retry_count + 1, attempts = coalesce(attempts, '') || ?
		WHERE id = ? AND claim_id = ? AND status = 'sending'`
	// recordLate is recordSent for a message that was rescued or held since, whatever
	// became of it then.
	recordLate = `UPDATE messages SET status = 'sent', sent_at = ?, updated_at = ?, message_id = ?,
		next_attempt_at = NULL, failed_at = NULL, error = NULL, error_code = NULL, attempts = coalesce(attempts, '') || ?
		WHERE id = ? AND claim_id = ? AND (status = 'pending' OR status = 'failed' OR status = 'expired' OR status = 'canceled')`
	// findClaimed reads what an outcome that did not apply is compared with, and what
	// the counts hold the message for.
	findClaimed = `SELECT status, next_attempt_at, attempt_count, attempts, ` + countedAs + ` FROM messages WHERE id = ? AND claim_id = ?`
)

// Record applies outcomes, each only where its claim still stands.
func (s *Store) Record(ctx context.Context, outcomes []models.Outcome) ([]bool, error) {
	if len(outcomes) == 0 {
		return nil, nil
	}
	var applied []bool
	err := s.write(ctx, "record outcomes", func(ctx context.Context, tx *transaction) error {
		applied = make([]bool, len(outcomes))
		now := millis(s.Now())
		for i, outcome := range outcomes {
			var err error
			if applied[i], err = record(ctx, tx, outcome, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.noteUnfiled(len(outcomes))
	return applied, nil
}

// record applies one outcome, and reports whether the store now shows it.
func record(ctx context.Context, tx *transaction, outcome models.Outcome, now int64) (bool, error) {
	attempt, id := line(outcome.Attempt), outcome.ID.Text
	var changed int64
	var err error
	switch outcome.Result {
	case models.ResultSent:
		changed, err = tx.exec(ctx, recordSent, millis(outcome.At), now, textOrNull(outcome.MessageID), attempt, id, outcome.ClaimID)
	case models.ResultRetry:
		args := []any{millis(outcome.NextAttemptAt), now, textOrNull(outcome.Error), textOrNull(outcome.ErrorCode), outcome.Redraw}
		query := recordUncounted
		if !outcome.Uncounted {
			query, args = recordRetry, append(args, attempt)
		}
		changed, err = tx.exec(ctx, query, append(args, id, outcome.ClaimID)...)
	case models.ResultFailed:
		changed, err = tx.exec(ctx, recordFailed, millis(outcome.At), now,
			textOrNull(outcome.Error), textOrNull(outcome.ErrorCode), attempt, id, outcome.ClaimID)
	default:
		return false, fmt.Errorf("record an outcome: there is no result %d", outcome.Result)
	}
	if err != nil {
		return false, fmt.Errorf("record an outcome: %w", err)
	}
	if changed > 0 {
		tx.move(1, models.StatusSending, outcome.Result.Status())
		if outcome.Result != models.ResultRetry {
			tx.ended(1, outcome.Result.Status(), millis(outcome.At))
		}
		return true, tx.fileLate(ctx, outcome)
	}
	return recordLateOrRepeated(ctx, tx, outcome, attempt, now)
}

// recordLateOrRepeated deals with an outcome whose message is not sending under
// its claim: a 2xx that came after the rescue still lands; one that is recorded
// already, because the answer to the first try was lost, is as good as applied;
// any other is stale.
func recordLateOrRepeated(ctx context.Context, tx *transaction, outcome models.Outcome, attempt string, now int64) (bool, error) {
	var status, counted models.Status
	var next, count int64
	var recorded string
	err := tx.query(ctx, findClaimed, func(values row) error {
		status, next, count = models.Status(asText(values[0])), asInt(values[1]), asInt(values[2])
		recorded, counted = asText(values[3]), models.Status(asText(values[4]))
		return nil
	}, outcome.ID.Text, outcome.ClaimID)
	if err != nil {
		return false, fmt.Errorf("read back an outcome: %w", err)
	}
	switch {
	case outcome.Result == models.ResultRetry && outcome.Uncounted:
		// It left no line. What a rescue or another outcome of this claim left has
		// counted the attempt.
		return status == models.StatusPending && next == millis(outcome.NextAttemptAt) &&
			count == int64(outcome.Attempt.Number)-1, nil
	case outcome.Result != models.ResultSent:
		return status == outcome.Result.Status() && strings.HasSuffix(recorded, attempt), nil
	case status == models.StatusSent:
		return true, nil
	case !status.CanBecome(models.StatusSent):
		return false, nil
	}
	changed, err := tx.exec(ctx, recordLate, millis(outcome.At), now, textOrNull(outcome.MessageID), attempt,
		outcome.ID.Text, outcome.ClaimID)
	if err != nil {
		return false, fmt.Errorf("record a late outcome: %w", err)
	}
	tx.move(changed, counted, models.StatusSent)
	tx.ended(changed, models.StatusSent, millis(outcome.At))
	return changed > 0, tx.fileLate(ctx, outcome)
}
