package sqlitestore

import (
	"context"
	"fmt"
	"time"

	"auto-message-sender/internal/models"
)

const insertMessage = `INSERT INTO messages (id, status, "to", content, priority, reference, num_segments, encoding,
		created_at, updated_at, send_at, validity_s, expires_at, next_attempt_at, drawn)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (id) DO NOTHING`

// Accept stores new messages, all of them or none.
func (s *Store) Accept(ctx context.Context, messages ...models.Message) error {
	return s.accept(ctx, messages, func(tx *transaction, now int64) error {
		for _, message := range messages {
			stored, err := insert(ctx, tx, message, now)
			if err != nil {
				return err
			}
			if !stored {
				return models.Conflict("a message with the id " + message.ID.Text + " exists already")
			}
		}
		return nil
	})
}

// AcceptNew stores those messages whose ids are not stored yet.
func (s *Store) AcceptNew(ctx context.Context, messages []models.Message) ([]bool, error) {
	var stored []bool
	err := s.accept(ctx, messages, func(tx *transaction, now int64) (err error) {
		stored = make([]bool, len(messages))
		for i, message := range messages {
			if stored[i], err = insert(ctx, tx, message, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

// accept runs work in a transaction, where there is anything to accept and a place
// to keep it.
func (s *Store) accept(ctx context.Context, messages []models.Message, work func(tx *transaction, now int64) error) error {
	if len(messages) == 0 {
		return nil
	}
	if err := s.undamaged(); err != nil {
		return err
	}
	if err := s.inPlace(); err != nil {
		return err
	}
	err := s.write(ctx, "accept messages", func(_ context.Context, tx *transaction) error {
		return work(tx, millis(s.Now()))
	})
	if err == nil {
		s.noteUnfiled(len(messages))
	}
	return err
}

// insert stores a message and reports whether its id is new.
func insert(ctx context.Context, tx *transaction, message models.Message, now int64) (bool, error) {
	created := now
	if !message.CreatedAt.IsZero() {
		created = millis(message.CreatedAt)
	}
	status, due := models.StatusPending, created
	if !message.SendAt.IsZero() {
		if due = millis(message.SendAt); due > now {
			status = models.StatusScheduled
		}
	}
	stored, err := tx.exec(ctx, insertMessage, message.ID.Text, string(status), message.To, message.Content,
		int(message.Priority), textOrNull(message.Reference), numberOrNull(int64(message.NumSegments)), textOrNull(string(message.Encoding)),
		created, now, timeOrNull(message.SendAt), numberOrNull(int64(message.Validity/time.Second)), timeOrNull(message.ExpiresAt), due)
	if err != nil {
		return false, fmt.Errorf("insert a message: %w", err)
	}
	tx.move(stored, "", status)
	return stored > 0, nil
}
