package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// A command that changes many messages tells only how many it changed. Where its
// caller has to know which – of several callers one tells of the message – the
// change leaves the mark of the call behind, changed_by, and is read back by it.

// marked returns which of the messages bear the mark, in their order.
func (s *Store) marked(ctx context.Context, ids []models.ID, mark string) ([]models.ID, error) {
	documents, err := find(ctx, s.messages, bson.M{
		"_id":        bson.M{"$in": keys(ids, itself)},
		"changed_by": mark,
	}, options.Find().SetProjection(bson.M{"_id": 1}))
	if err != nil {
		return nil, explain("read back a change", err)
	}
	found := make(map[models.ID]bool, len(documents))
	for _, document := range documents {
		id, _ := identify(document.Lookup("_id"))
		found[id] = true
	}
	var changed []models.ID
	for _, id := range ids {
		if found[id] {
			changed = append(changed, id)
		}
	}
	return changed, nil
}

// itself is what keys takes where there are ids already.
func itself(id models.ID) models.ID { return id }
