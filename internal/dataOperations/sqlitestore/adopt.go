package sqlitestore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

const (
	// toAdopt is the condition of a message that waits in a shape that neither claims
	// nor promotions look for, mostly because it was inserted by hand: then drawn is NULL, whatever
	// else was filled in. The index messages_to_adopt has it word for word.
	toAdopt = `(status = 'pending' OR status = 'scheduled') AND (typeof(next_attempt_at) <> 'integer' OR (drawn IS NOT 0 AND drawn IS NOT 1) OR
		(priority <> 0 AND priority <> 1 AND priority <> 2))`
	findToAdopt = `SELECT id, "to", content, created_at, priority, ` + countedAs + `, next_attempt_at,
		send_at, expires_at, validity_s, reference, status, seq FROM messages INDEXED BY messages_to_adopt
		WHERE ` + toAdopt + ` LIMIT ?`
	// asInspected is the condition that nobody changed the message in between.
	asInspected = ` WHERE id IS ? AND "to" IS ? AND content IS ? AND ` + toAdopt
	// adoptMessage makes it a new message, also one that somebody set back: no attempts, no claim, no traces of what went before.
	adoptMessage = `UPDATE messages SET status = ?, "to" = ?, num_segments = ?, encoding = ?, created_at = ?, next_attempt_at = ?,
		send_at = ?, validity_s = ?, expires_at = ?, updated_at = ?, drawn = 0, attempt_count = 0, prior_attempts = 0, retry_count = 0,
		attempts = NULL, sent_at = NULL, failed_at = NULL, message_id = NULL, error = NULL, error_code = NULL,
		claim_id = NULL, claim_owner = NULL, claim_lease_ms = NULL, claim_at = NULL, claim_window = NULL,
		delivery_status = NULL, delivered_at = NULL, delivery_error = NULL, erased_at = NULL` + asInspected
	refuseMessage = `UPDATE messages SET status = 'failed', created_at = ?, failed_at = ?, updated_at = ?, error = ?, error_code = ?,
		next_attempt_at = NULL, sent_at = NULL, message_id = NULL` + asInspected
)

// finding is a message inserted by hand, and what was found about it.
type finding struct {
	seq             int64
	id, to, content driver.Value // as they are in the file, whatever their type

	accepted models.Inspected
	// What was said of times; zero: not said.
	created, due, sendAt, expires time.Time
	validity                      time.Duration
	reference                     string

	invalid error         // why it is refused
	counted models.Status // what the counts hold it for, empty: they do not
}

// Adopt inspects messages inserted by hand. Looking for them needs no write, and
// inspecting them holds up nobody else's.
func (s *Store) Adopt(ctx context.Context, request dataoperations.AdoptRequest) (adopted, refused int, err error) {
	if err := s.sendable(ctx); err != nil {
		return 0, 0, err
	}
	var findings []finding
	err = s.read(ctx, "find messages inserted by hand", findToAdopt, func(values row) error {
		findings = append(findings, examine(values, request.Inspect))
		return nil
	}, request.Limit)
	if err != nil || len(findings) == 0 {
		return 0, 0, err
	}
	err = s.write(ctx, "adopt messages inserted by hand", func(ctx context.Context, tx *transaction) error {
		adopted, refused = 0, 0
		for _, found := range findings {
			changed, err := adopt(ctx, tx, found, request.Validity, s.Now())
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
	s.noteUnfiled(len(findings))
	return adopted, refused, nil
}

// examine judges a row of findToAdopt: the types first, then what inspect says.
func examine(values row, inspect dataoperations.Inspect) finding {
	found := finding{
		id: values[0], to: values[1], content: values[2], counted: models.Status(asText(values[5])), reference: asText(values[10]),
		seq: asInt(values[12]),
	}
	if found.invalid = found.readTimes(values); found.invalid != nil {
		return found
	}
	priority, isNumber := values[4].(int64)
	switch {
	case !isText(found.id) || found.id == "":
		found.invalid = errors.New("id must be text, and not empty")
	case !isText(found.to) && found.to != nil:
		found.invalid = errors.New("to must be text")
	case !isText(found.content) && found.content != nil:
		found.invalid = errors.New("content must be text")
	case !isText(values[10]) && values[10] != nil:
		found.invalid = errors.New("reference must be text")
	case utf8.RuneCountInString(found.reference) > models.MaxReferenceLength:
		found.invalid = fmt.Errorf("reference must have at most %d characters", models.MaxReferenceLength)
	case !isNumber || priority < int64(models.PriorityHigh) || priority > int64(models.PriorityLow):
		found.invalid = errors.New("priority must be 0 (high), 1 (normal) or 2 (low)")
	case asText(values[11]) == string(models.StatusScheduled) && found.sendAt.IsZero() && found.due.IsZero():
		found.invalid = errors.New("send_at must be given of a message that is scheduled")
	default:
		found.accepted, found.invalid = inspect(asText(found.to), asText(found.content))
	}
	return found
}

// readTimes reads the times of a row of findToAdopt, and says what is wrong with them.
func (f *finding) readTimes(values row) error {
	for _, one := range []struct {
		column string
		value  driver.Value
		into   *time.Time
	}{
		{"created_at", values[3], &f.created},
		{"next_attempt_at", values[6], &f.due},
		{"send_at", values[7], &f.sendAt},
		{"expires_at", values[8], &f.expires},
	} {
		var isTime bool
		if *one.into, isTime = parseTime(one.value); !isTime && one.value != nil {
			return errors.New(one.column + " must be a time: " + waysToWriteATime)
		}
		if !isText(one.value) && isTime && models.InSeconds(millis(*one.into)) {
			*one.into = time.Time{}
			return errors.New(one.column + " is in seconds, and must be in milliseconds since 1970: multiply it by 1000")
		}
	}
	if f.validity = asSeconds(values[9]); f.validity == 0 && values[9] != nil {
		return fmt.Errorf("validity_s must be a number of seconds, from 1 to %d", int64(models.MaxAhead/time.Second))
	}
	return nil
}

// waysToWriteATime is for the reasons of refusals.
const waysToWriteATime = "milliseconds since 1970, or ISO 8601 such as 2026-01-05T10:00:00Z"

func isText(value driver.Value) bool {
	_, ok := value.(string)
	return ok
}

// adopt writes what was found, and reports whether the message was still as found.
func adopt(ctx context.Context, tx *transaction, found finding, validity time.Duration, now time.Time) (bool, error) {
	if found.created.IsZero() { // lists are by it
		found.created = now
	}
	if found.invalid != nil {
		changed, err := tx.exec(ctx, refuseMessage, millis(found.created), millis(now), millis(now), found.invalid.Error(), models.ErrorCodeInvalid,
			found.id, found.to, found.content)
		tx.move(changed, found.counted, models.StatusFailed)
		tx.ended(changed, models.StatusFailed, millis(now))
		return changed > 0, err
	}
	status := found.decide(validity, now)
	changed, err := tx.exec(ctx, adoptMessage, string(status), found.accepted.To,
		numberOrNull(int64(found.accepted.NumSegments)), textOrNull(string(found.accepted.Encoding)),
		millis(found.created), millis(found.due), timeOrNull(found.sendAt), numberOrNull(int64(found.validity/time.Second)),
		timeOrNull(found.expires), millis(now), found.id, found.to, found.content)
	tx.move(changed, found.counted, status)
	if err != nil || changed == 0 {
		return false, err
	}
	return true, tx.refile(ctx, found)
}

// decide fills in what was not said, and returns the status that the message has. A
// time that somebody set is kept: it may be meant for tomorrow.
func (f *finding) decide(validity time.Duration, now time.Time) models.Status {
	status := models.StatusPending
	switch {
	case f.sendAt.After(now):
		status, f.due = models.StatusScheduled, f.sendAt
	case !f.due.IsZero():
	case !f.sendAt.IsZero():
		f.due = f.sendAt
	case f.created.After(now):
		f.due = now
	default:
		f.due = f.created
	}
	if f.expires.IsZero() {
		from := f.due
		if f.validity == 0 {
			f.validity = validity.Truncate(time.Second)
			if from.Before(now) {
				from = now // what nobody has limited does not expire for having been there long
			}
		}
		if f.validity > 0 {
			f.expires = from.Add(f.validity)
		}
	}
	return status
}
