package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Redraw makes retries that are due draw from a window again. What a lost reply has
// changed already, the repeated update no longer finds.
func (s *Store) Redraw(ctx context.Context) (int, error) {
	now := s.Now()
	result, err := s.messages.UpdateMany(ctx, bson.M{
		"status":          pending,
		"drawn":           true,
		"next_attempt_at": bson.M{"$lte": now},
	}, bson.M{"$set": bson.M{"drawn": false, "updated_at": now}})
	if err != nil {
		return 0, explain("make retries draw again", err)
	}
	return int(result.ModifiedCount), nil
}
