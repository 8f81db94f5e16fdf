package sqlitestore

import (
	"context"

	"auto-message-sender/internal/models"
)

const (
	findMessage = `SELECT ` + messageColumns + `, attempts FROM messages WHERE id = ?`
	// listSent walks the index to the offset; messages themselves are read only for
	// the page. The seq decides between messages of the same millisecond.
	listSent = `SELECT ` + messageColumns + ` FROM messages WHERE status = 'sent'
		ORDER BY sent_at DESC, seq DESC LIMIT ? OFFSET ?`
	readCounts = `SELECT scheduled, pending, sending, sent, failed, canceled, expired FROM counts WHERE id = 1`
)

// Message returns one message with its attempts.
func (s *Store) Message(ctx context.Context, id string) (models.Message, error) {
	message, found, err := messageBy(ctx, func(ctx context.Context, text string, each func(row) error, args ...any) error {
		return s.read(ctx, "read a message", text, each, args...)
	}, id)
	if err != nil {
		return models.Message{}, err
	}
	if !found {
		return models.Message{}, notFound(id)
	}
	return message, nil
}

// messageBy reads one message with its attempts, in a transaction or outside.
func messageBy(ctx context.Context, read query, id string) (message models.Message, found bool, err error) {
	err = read(ctx, findMessage, func(values row) error {
		message, found = toMessage(values), true
		message.Attempts = attempts(asText(values[len(values)-1]))
		return nil
	}, id)
	return message, found, err
}

// notFound is what is said of an id that no message has.
func notFound(id string) error { return models.NotFound("there is no message with the id " + id) }

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
