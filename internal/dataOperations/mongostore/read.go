package mongostore

import (
	"context"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// Message returns one message. Both documents that the id may name are asked for
// at once, and the one with the string wins.
func (s *Store) Message(ctx context.Context, id string) (models.Message, error) {
	missing := &models.Error{Kind: models.KindNotFound, Detail: "there is no message with this id"}
	if !utf8.ValidString(id) {
		return models.Message{}, missing // no document can have it
	}
	candidates := bson.A{id}
	if objectID, err := bson.ObjectIDFromHex(id); err == nil {
		candidates = append(candidates, objectID)
	}
	documents, err := find(ctx, s.messages, bson.M{"_id": bson.M{"$in": candidates}}, options.Find())
	if err != nil {
		return models.Message{}, explain("read a message", err)
	}
	if len(documents) == 0 {
		return models.Message{}, missing
	}
	for _, document := range documents {
		if document.Lookup("_id").Type == bson.TypeString {
			return decodeMessage(document), nil
		}
	}
	return decodeMessage(documents[0]), nil
}

// Sent returns sent messages, newest first. Those of the same moment, and those of
// the reference that have none, are in the falling order of their ids.
func (s *Store) Sent(ctx context.Context, offset, limit int64) ([]models.Message, error) {
	if limit <= 0 {
		return nil, nil // to MongoDB, a limit of 0 is none
	}
	documents, err := find(ctx, s.messages, bson.M{"status": string(models.StatusSent)}, options.Find().
		SetSort(bson.D{{Key: "sent_at", Value: -1}, {Key: "_id", Value: -1}}).
		SetSkip(max(0, offset)).
		SetLimit(limit).
		SetProjection(bson.M{"attempts": 0}))
	if err != nil {
		return nil, explain("list sent messages", err)
	}
	messages := make([]models.Message, 0, len(documents))
	for _, document := range documents {
		messages = append(messages, decodeMessage(document))
	}
	return messages, nil
}

// find returns all documents that a query finds. Each of our queries has a limit,
// or names the ids that it asks for.
func find(
	ctx context.Context, collection *mongo.Collection, filter bson.M, how *options.FindOptionsBuilder,
) ([]bson.Raw, error) {
	cursor, err := collection.Find(ctx, filter, how)
	if err != nil {
		return nil, err //nolint:wrapcheck // explained by the caller
	}
	var documents []bson.Raw
	err = cursor.All(ctx, &documents)
	return documents, err //nolint:wrapcheck // explained by the caller
}
