package mongostore

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// AcceptNew stores those messages whose ids are not taken, in one command: the index
// on _id refuses the others, and the answer says which those were. After any other
// error the messages are read back; while one is missing, that error stands, and the
// call may be repeated.
func (s *Store) AcceptNew(ctx context.Context, messages []models.Message) ([]bool, error) {
	stored := make([]bool, len(messages))
	mark, now := s.newID(), s.Now()
	var documents []any
	var places []int // of the documents among the messages
	seen := make(map[models.ID]bool, len(messages))
	for i, message := range messages {
		if seen[message.ID] {
			continue
		}
		seen[message.ID] = true
		document := newDocument(message, now)
		document["changed_by"] = mark
		documents, places = append(documents, document), append(places, i)
	}
	if len(documents) == 0 {
		return stored, nil
	}
	_, err := s.messages.InsertMany(ctx, documents, options.InsertMany().SetOrdered(false))
	taken, known := takenIDs(err)
	if !known {
		return s.storedBy(ctx, mark, messages, err)
	}
	for i, place := range places {
		stored[place] = !taken[i]
	}
	return stored, nil
}

// duplicateKey is the server's code for an _id that is taken.
const duplicateKey = 11000

// takenIDs returns which documents of an insert were refused because their ids are
// taken; false where the error says anything else.
func takenIDs(err error) (taken map[int]bool, known bool) {
	taken = map[int]bool{}
	if err == nil {
		return taken, true
	}
	refusal := mongo.BulkWriteException{}
	if !errors.As(err, &refusal) || refusal.WriteConcernError != nil {
		return nil, false
	}
	for _, one := range refusal.WriteErrors {
		if one.Code != duplicateKey {
			return nil, false
		}
		taken[one.Index] = true
	}
	return taken, true
}

// storedBy reads back what an insert has stored whose answer was cause.
func (s *Store) storedBy(ctx context.Context, mark string, messages []models.Message, cause error) ([]bool, error) {
	ctx, cancel := s.carryOn(ctx)
	defer cancel()
	cause = explain("accept messages", cause)
	documents, err := find(ctx, s.messages, bson.M{
		"_id": bson.M{"$in": keys(messages, func(m models.Message) models.ID { return m.ID })},
	}, options.Find().SetProjection(bson.M{"changed_by": 1}))
	if err != nil {
		return nil, errors.Join(cause, err)
	}
	own := make(map[models.ID]bool, len(documents))
	for _, document := range documents {
		r := &reader{document: document}
		id, _ := identify(document.Lookup("_id"))
		own[id] = r.text("changed_by") == mark
	}
	stored := make([]bool, 0, len(messages))
	for _, message := range messages {
		isOwn, there := own[message.ID]
		if !there {
			return nil, cause
		}
		stored = append(stored, isOwn)
		own[message.ID] = false // where an id is given twice, the first is stored
	}
	return stored, nil
}
