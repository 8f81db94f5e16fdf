package sqlitestore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"auto-message-sender/internal/models"
)

const (
	erasableColumns = `seq, status, ` + countedAs + `, erased_at, attempts, "to"`
	findToErase     = `SELECT ` + erasableColumns + ` FROM messages WHERE id = ?`
	// eraseMessage leaves no mark of having been inspected: made pending by hand, it
	// goes the way of what was inserted by hand, and is refused for want of a content.
	eraseMessage = `UPDATE messages SET "to" = NULL, content = NULL, error = NULL, attempts = ?2, erased_at = ?1, updated_at = ?1,
			status = ?3, drawn = ?4, next_attempt_at = NULL
		WHERE seq = ?5 AND erased_at IS NULL`
)

// Erase removes recipient, content and the texts of errors.
func (s *Store) Erase(ctx context.Context, id models.ID) (models.Message, error) {
	var message models.Message
	err := s.write(ctx, "erase a message", func(ctx context.Context, tx *transaction) error {
		found, err := toErase(ctx, tx, id.Text)
		switch {
		case err != nil:
			return err
		case found.status == "":
			return notFound(id.Text)
		case found.status == models.StatusSending:
			return models.Conflict("the message is being sent")
		}
		if err := found.erase(ctx, tx, s.Now()); err != nil {
			return err
		}
		message, _, err = messageBy(ctx, tx.query, id.Text)
		return err
	})
	if err != nil {
		return models.Message{}, err
	}
	return message, nil
}

// erasable is a message that is to be erased.
type erasable struct {
	seq      int64
	status   models.Status
	counted  models.Status // what the counts hold it for
	erased   bool
	attempts string
	to       string
}

// toErase returns what erasing the message needs; the zero value: there is none.
func toErase(ctx context.Context, tx *transaction, id string) (found erasable, err error) {
	err = tx.query(ctx, findToErase, func(values row) error {
		found = toErasable(values)
		return nil
	}, id)
	return found, err
}

// toErasable reads a row of erasableColumns.
func toErasable(values row) erasable {
	return erasable{
		seq: asInt(values[0]), status: models.Status(asText(values[1])), counted: models.Status(asText(values[2])),
		erased: values[3] != nil, attempts: asText(values[4]), to: asText(values[5]),
	}
}

// erase erases it, and cancels it where it waits.
func (e erasable) erase(ctx context.Context, tx *transaction, now time.Time) error {
	if e.erased {
		return nil
	}
	status, drawn := e.status, any(nil)
	switch status {
	case models.StatusScheduled, models.StatusPending, models.StatusCanceled:
		status, drawn = models.StatusCanceled, -1
	case models.StatusExpired:
		drawn = -2
	case models.StatusSending, models.StatusSent, models.StatusFailed:
	}
	changed, err := tx.exec(ctx, eraseMessage, millis(now), withoutErrors(e.attempts), string(status), drawn, e.seq)
	if err != nil {
		return fmt.Errorf("erase a message: %w", err)
	}
	// A number can be guessed from what it is filed under. The reference is kept.
	if err := tx.each(ctx, dropOne, entriesOf(e.seq, e.to, "", "")); err != nil {
		return fmt.Errorf("erase a message: %w", err)
	}
	if status != e.counted {
		tx.move(changed, e.counted, status)
	}
	return nil
}

// erasedError stands in the place of what the webhook said.
const erasedError = "erased"

// withoutErrors returns the lines of attempts without the texts of their errors. A
// line that cannot be read may say anything, and goes.
func withoutErrors(lines string) any {
	var kept strings.Builder
	for _, attempt := range attempts(lines) {
		if attempt.Error != "" { // an attempt without one has succeeded
			attempt.Error = erasedError
		}
		kept.WriteString(line(attempt))
	}
	return textOrNull(kept.String())
}
