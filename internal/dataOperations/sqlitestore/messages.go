package sqlitestore

import (
	"context"

	"auto-message-sender/internal/models"
)

const (
	findMessage = `SELECT ` + messageColumns + `, attempts FROM messages WHERE id = ?`
	// listSent walks the index to the offset; messages themselves are read only for
	// the page. The rowid decides between messages of the same millisecond.
	listSent = `SELECT ` + messageColumns + ` FROM messages WHERE status = 'sent'
		ORDER BY sent_at DESC, rowid DESC LIMIT ? OFFSET ?`
	readCounts = `SELECT scheduled, pending, sending, sent, failed, canceled, expired FROM counts WHERE id = 1`
)

// Message returns one message with its attempts.
func (s *Store) Message(ctx context.Context, id string) (models.Message, error) {
	var message models.Message
	found := false
	err := s.read(ctx, "read a message", findMessage, func(values row) error {
		message, found = toMessage(values), true
		message.Attempts = attempts(asText(values[len(values)-1]))
		return nil
	}, id)
	if err != nil {
		return models.Message{}, err
	}
	if !found {
		return models.Message{}, &models.Error{Kind: models.KindNotFound, Detail: "there is no message with the id " + id}
	}
	return message, nil
}

// Sent returns sent messages, newest first.
func (s *Store) Sent(ctx context.Context, offset, limit int64) ([]models.Message, error) {
	var sent []models.Message
	err := s.read(ctx, "list sent messages", listSent, func(values row) error {
		sent = append(sent, toMessage(values))
		return nil
	}, limit, offset)
	return sent, err
}

// Counts returns the number of messages by status, exactly.
func (s *Store) Counts(ctx context.Context) (models.Counts, error) {
	counts := models.Counts{}
	err := s.read(ctx, "count messages", readCounts, func(values row) error {
		for i, status := range models.Statuses() {
			counts[status] = asInt(values[i])
		}
		return nil
	})
	return counts, err
}
