package sqlitestore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

const (
	// toAdopt is the condition of a message that is pending in a shape that claims do
	// not find, mostly because it was inserted by hand: then drawn is NULL, whatever
	// else was filled in. The index messages_to_adopt has it word for word.
	toAdopt = `status = 'pending' AND (typeof(next_attempt_at) <> 'integer' OR (drawn IS NOT 0 AND drawn IS NOT 1) OR
		(priority <> 0 AND priority <> 1 AND priority <> 2))`
	findToAdopt = `SELECT id, "to", content, created_at, priority, sent_at, failed_at, next_attempt_at, drawn FROM messages
		WHERE ` + toAdopt + ` LIMIT ?`
	// asInspected is the condition that nobody changed the message in between.
	asInspected = ` WHERE id IS ? AND "to" IS ? AND content IS ? AND ` + toAdopt
	// adoptMessage makes it a new message, also one that somebody set back to
	// pending: no attempts, no claim, no traces of what went before.
	adoptMessage = `UPDATE messages SET "to" = ?, created_at = ?, next_attempt_at = ?, updated_at = ?,
		drawn = 0, attempt_count = 0, retry_count = 0, attempts = NULL, sent_at = NULL, failed_at = NULL, message_id = NULL,
		error = NULL, error_code = NULL, claim_id = NULL, claim_owner = NULL, claim_lease_ms = NULL, claim_at = NULL,
		claim_window = NULL` + asInspected
	refuseMessage = `UPDATE messages SET status = 'failed', failed_at = ?, updated_at = ?, error = ?, error_code = ?,
		next_attempt_at = NULL, sent_at = NULL, message_id = NULL` + asInspected
)

// finding is a message inserted by hand, and what was found about it.
type finding struct {
	id, to, content driver.Value // as they are in the file, whatever their type

	number  string        // to, normalised
	created time.Time     // zero: not said
	due     time.Time     // zero: not said
	invalid error         // why it is refused
	counted models.Status // what the counts hold it for, empty: they do not
}

// Adopt inspects messages inserted by hand. Looking for them needs no write, and
// inspecting them holds up nobody else's.
func (s *Store) Adopt(ctx context.Context, limit int, inspect dataoperations.Inspect) (adopted, refused int, err error) {
	if err := s.sendable(ctx); err != nil {
		return 0, 0, err
	}
	var findings []finding
	err = s.read(ctx, "find messages inserted by hand", findToAdopt, func(values row) error {
		findings = append(findings, examine(values, inspect))
		return nil
	}, limit)
	if err != nil || len(findings) == 0 {
		return 0, 0, err
	}
	err = s.write(ctx, "adopt messages inserted by hand", func(ctx context.Context, tx *transaction) error {
		adopted, refused = 0, 0
		for _, found := range findings {
			changed, err := adopt(ctx, tx, found, s.Now())
			switch {
			case err != nil:
				return fmt.Errorf("adopt: %w", err)
			case !changed:
			case found.invalid != nil:
				refused++
			default:
				adopted++
			}
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	return adopted, refused, nil
}

// examine judges a row of findToAdopt: the types first, then what inspect says.
func examine(values row, inspect dataoperations.Inspect) finding {
	found := finding{id: values[0], to: values[1], content: values[2]}
	switch {
	case values[6] != nil:
		found.counted = models.StatusFailed // it was one, before somebody set it back
	case values[5] != nil:
		found.counted = models.StatusSent
	case values[8] != nil:
		found.counted = models.StatusPending // it was adopted or accepted, and then changed
	}
	var createdKnown, dueKnown bool
	found.created, createdKnown = parseTime(values[3])
	found.due, dueKnown = parseTime(values[7])
	priority, isNumber := values[4].(int64)
	switch {
	case !isText(found.id) || found.id == "":
		found.invalid = errors.New("id must be text, and not empty")
	case !isText(found.to) && found.to != nil:
		found.invalid = errors.New("to must be text")
	case !isText(found.content) && found.content != nil:
		found.invalid = errors.New("content must be text")
	case !createdKnown && values[3] != nil:
		found.invalid = errors.New("created_at must be a time: " + waysToWriteATime)
	case !dueKnown && values[7] != nil:
		found.invalid = errors.New("next_attempt_at must be a time: " + waysToWriteATime)
	case !isNumber || priority < int64(models.PriorityHigh) || priority > int64(models.PriorityLow):
		found.invalid = errors.New("priority must be 0 (high), 1 (normal) or 2 (low)")
	default:
		found.number, found.invalid = inspect(asText(found.to), asText(found.content))
	}
	return found
}

// waysToWriteATime is for the reasons of refusals.
const waysToWriteATime = "milliseconds since 1970, or ISO 8601 such as 2026-01-05T10:00:00Z"

func isText(value driver.Value) bool {
	_, ok := value.(string)
	return ok
}

// adopt writes what was found, and reports whether the message was still as found.
func adopt(ctx context.Context, tx *transaction, found finding, now time.Time) (bool, error) {
	if found.invalid != nil {
		changed, err := tx.exec(ctx, refuseMessage, millis(now), millis(now), found.invalid.Error(), models.ErrorCodeInvalid,
			found.id, found.to, found.content)
		tx.move(changed, found.counted, models.StatusFailed)
		return changed > 0, err
	}
	created, due := found.created, found.due
	if created.IsZero() {
		created = now
	}
	// A time that somebody set is kept: it may be meant for tomorrow.
	if due.IsZero() {
		due = created
		if due.After(now) {
			due = now
		}
	}
	changed, err := tx.exec(ctx, adoptMessage, found.number, millis(created), millis(due), millis(now),
		found.id, found.to, found.content)
	tx.move(changed, found.counted, models.StatusPending)
	return changed > 0, err
}
