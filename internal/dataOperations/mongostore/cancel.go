package mongostore

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// Cancel calls messages off that wait, and reads back which are canceled now:
// whether by this call, by one whose reply was lost, or by somebody else is all the
// same to who wants them not to be sent.
func (s *Store) Cancel(ctx context.Context, ids []models.ID) ([]bool, error) {
	answers := make([]bool, 0, len(ids))
	for batch := range slices.Chunk(ids, s.batch) {
		now := s.Now()
		filter := adoptedWaiting()
		filter["_id"] = bson.M{"$in": keys(batch, itself)}
		if _, err := s.messages.UpdateMany(ctx, filter, ending(canceled, now)); err != nil {
			return nil, explain("cancel messages", err)
		}
		documents, err := find(ctx, s.messages, bson.M{
			"_id": bson.M{"$in": keys(batch, itself)}, "status": canceled,
		}, options.Find().SetProjection(bson.M{"_id": 1}))
		if err != nil {
			return nil, explain("read back canceled messages", err)
		}
		is := make(map[models.ID]bool, len(documents))
		for _, document := range documents {
			id, _ := identify(document.Lookup("_id"))
			is[id] = true
		}
		for _, id := range batch {
			answers = append(answers, is[id])
		}
	}
	return answers, nil
}
