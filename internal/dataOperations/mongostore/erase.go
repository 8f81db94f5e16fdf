package mongostore

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// erased is what stands in the place of an attempt's error: an attempt without one
// would have succeeded.
const erased = "erased"

// Erase removes what a message says and to whom. Its attempts are read and written
// again without their texts; the update finds it only while no attempt was begun and
// it was not moved on since.
func (s *Store) Erase(ctx context.Context, id models.ID) (models.Message, error) {
	for range tries {
		document, err := s.messages.FindOne(ctx, bson.M{"_id": key(id)}).Raw()
		if errors.Is(err, mongo.ErrNoDocuments) {
			return models.Message{}, models.NotFound("there is no message with this id")
		}
		if err != nil {
			return models.Message{}, explain("read a message to erase", err)
		}
		message := decodeMessage(document)
		if !message.ErasedAt.IsZero() {
			return message, nil
		}
		if message.Status == models.StatusSending {
			return models.Message{}, conflict("the message is being sent; erase it when that has ended")
		}
		after, err := s.messages.FindOneAndUpdate(ctx, asRead(document), s.erasing(document),
			options.FindOneAndUpdate().SetReturnDocument(options.After)).Raw()
		if errors.Is(err, mongo.ErrNoDocuments) {
			continue // it was changed in between
		}
		if err != nil {
			return models.Message{}, explain("erase a message", err)
		}
		return decodeMessage(after), nil
	}
	return models.Message{}, unavailable("the message is being changed by others", errors.New("mongostore: erase a message"))
}

// asRead is the fence of an erasure: what nobody who appends an attempt leaves as it was.
func asRead(document bson.Raw) bson.M {
	r := &reader{document: document}
	return bson.M{
		"_id":  bson.M{"$eq": document.Lookup("_id")},
		"$and": r.unchanged("status", "attempt_count", "erased_at"),
	}
}

// erasing returns the update that erases a message, and cancels it where it waits.
func (s *Store) erasing(document bson.Raw) bson.M {
	message, now := decodeMessage(document), s.Now()
	set := bson.M{"erased_at": now, "updated_at": now}
	unset := fields("to", "content", "error")
	if message.Waits() {
		set["status"], set["ended_at"] = canceled, now
		unset["next_attempt_at"] = ""
	}
	if len(message.Attempts) > 0 {
		attempts := make(bson.A, 0, len(message.Attempts))
		for _, attempt := range message.Attempts {
			if attempt.Error != "" {
				attempt.Error = erased
			}
			attempts = append(attempts, attemptDocument(attempt))
		}
		set["attempts"] = attempts
	} else {
		unset["attempts"] = "" // it may be something else, if somebody has inserted it
	}
	return bson.M{"$set": set, "$unset": unset}
}
