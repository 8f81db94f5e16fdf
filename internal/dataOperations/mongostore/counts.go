package mongostore

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"auto-message-sender/internal/models"
)

// Counts returns the number of messages by status, at most CountsAge older than
// the end of the count. Nobody who sends a message waits for it.
func (s *Store) Counts(ctx context.Context) (models.Counts, error) {
	counts, err := s.counts.latest(ctx)
	return counts, explain("count messages", err)
}

// countPatience bounds one count; on a very large collection it outlasts the
// time limit of ordinary operations.
const countPatience = 2 * time.Minute

// count counts by index keys, one status after the other: each is a scan of a
// stretch of the index, which MongoDB does without reading a document.
func (s *Store) count(ctx context.Context) (models.Counts, error) {
	ctx, cancel := context.WithTimeout(ctx, countPatience)
	defer cancel()
	counts := models.Counts{}
	for _, status := range models.Statuses() {
		n, err := s.messages.CountDocuments(ctx, bson.M{"status": string(status)})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", status, err)
		}
		counts[status] = n
	}
	// Those inserted by hand count once they are adopted.
	waiting, err := s.messages.CountDocuments(ctx, bson.M{"status": pending, "next_attempt_at": nil})
	if err != nil {
		return nil, fmt.Errorf("not yet adopted: %w", err)
	}
	counts[models.StatusPending] = max(0, counts[models.StatusPending]-waiting)
	return counts, nil
}
