package sqlitestore

import (
	"context"
	"fmt"

	"auto-message-sender/internal/models"
)

const insertMessage = `INSERT INTO messages (id, "to", content, priority, created_at, updated_at, next_attempt_at, drawn)
	VALUES (?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (id) DO NOTHING`

// Accept stores new messages, all of them or none.
func (s *Store) Accept(ctx context.Context, messages ...models.Message) error {
	if len(messages) == 0 {
		return nil
	}
	if err := s.undamaged(); err != nil {
		return err
	}
	if err := s.inPlace(); err != nil {
		return err
	}
	return s.write(ctx, "accept messages", func(ctx context.Context, tx *transaction) error {
		now := millis(s.Now())
		for _, message := range messages {
			created := now
			if !message.CreatedAt.IsZero() {
				created = millis(message.CreatedAt)
			}
			stored, err := tx.exec(ctx, insertMessage, message.ID.Text, message.To, message.Content,
				int(message.Priority), created, now, created)
			if err != nil {
				return fmt.Errorf("insert a message: %w", err)
			}
			if stored == 0 {
				return models.Conflict("a message with the id " + message.ID.Text + " exists already")
			}
		}
		tx.move(int64(len(messages)), "", models.StatusPending)
		return nil
	})
}
