package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// OldestWaiting returns when the oldest pending message was created. What is not yet
// adopted is passed by.
func (s *Store) OldestWaiting(ctx context.Context) (time.Time, error) {
	filter := adoptedWaiting()
	filter["status"], filter["created_at"] = pending, anyDate()
	documents, err := find(ctx, s.messages, filter, options.Find().
		SetSort(bson.D{{Key: "created_at", Value: 1}}).
		SetLimit(1).
		SetProjection(bson.M{"created_at": 1}))
	if err != nil {
		return time.Time{}, explain("find the oldest message that waits", err)
	}
	if len(documents) == 0 {
		return time.Time{}, nil
	}
	r := &reader{document: documents[0]}
	return r.moment("created_at"), nil
}

// Ahead counts the messages that go before one: by keys of the index due alone, and
// no more than the limit of them.
func (s *Store) Ahead(ctx context.Context, message models.Message, limit int) (int, error) {
	due := inTime(message.NextAttemptAt)
	priority := int32(message.Priority) //nolint:gosec // one of three small numbers
	before := []bson.M{
		{"priority": bson.M{"$lt": priority}, "next_attempt_at": anyDate()},
		{"priority": priority, "next_attempt_at": bson.M{"$lt": due}},
		{"priority": priority, "next_attempt_at": due, "_id": bson.M{"$lt": key(message.ID)}},
	}
	ahead := 0
	for _, filter := range before {
		if ahead >= limit {
			break
		}
		filter["status"], filter["drawn"] = pending, bson.M{"$in": bson.A{true, false}}
		n, err := s.messages.CountDocuments(ctx, filter, options.Count().SetLimit(int64(limit-ahead)))
		if err != nil {
			return 0, explain("count what goes before a message", err)
		}
		ahead += int(n)
	}
	return min(ahead, limit), nil
}
