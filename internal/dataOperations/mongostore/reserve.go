package mongostore

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// The documents of the collection reservations:
//
//	_id          the key
//	fingerprint  of the request, string
//	message_id   of the message that is accepted under it, string
//	at           date

// Reserve stores the reservation unless one stands. Of several callers the index on
// _id lets one in, and of several that find an old one the fence lets one replace it;
// all read what stands then.
func (s *Store) Reserve(ctx context.Context, wanted models.Reservation) (models.Reservation, error) {
	wanted.At = inTime(wanted.At)
	fields := bson.M{"fingerprint": wanted.Fingerprint, "message_id": wanted.MessageID, "at": wanted.At}
	for range tries {
		standing, err := s.reserve(ctx, wanted.Key, fields)
		switch {
		case mongo.IsDuplicateKeyError(err):
			continue // another caller was faster, and is found now
		case err != nil:
			return models.Reservation{}, explain("reserve a key", err)
		case !standing.At.Before(s.Now().Add(-models.ReservationKept)):
			return standing, nil
		}
		result, err := s.reservations.UpdateOne(ctx, bson.M{
			"_id": wanted.Key, "at": standing.At, "message_id": standing.MessageID,
		}, bson.M{"$set": fields})
		if err != nil {
			return models.Reservation{}, explain("reserve a key", err)
		}
		if result.MatchedCount == 1 {
			return wanted, nil
		}
	}
	return models.Reservation{}, unavailable("the key is being reserved by others", errors.New("mongostore: reserve a key"))
}

// reserve stores a reservation where its key has none, and returns the one that stands.
func (s *Store) reserve(ctx context.Context, key string, fields bson.M) (models.Reservation, error) {
	document, err := s.reservations.FindOneAndUpdate(ctx, bson.M{"_id": key}, bson.M{"$setOnInsert": fields},
		options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Raw()
	if err != nil {
		return models.Reservation{}, err //nolint:wrapcheck // explained by Reserve
	}
	r := &reader{document: document}
	return models.Reservation{
		Key:         key,
		Fingerprint: r.text("fingerprint"),
		MessageID:   r.text("message_id"),
		At:          r.moment("at"),
	}, nil
}

// ForgetReservations deletes old reservations, by the index on their time.
func (s *Store) ForgetReservations(ctx context.Context, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	old := bson.M{"$gte": bson.NewDateTimeFromTime(time.Time{}), "$lt": s.Now().Add(-models.ReservationKept)}
	documents, err := find(ctx, s.reservations, bson.M{"at": old}, options.Find().
		SetSort(bson.D{{Key: "at", Value: 1}}).
		SetLimit(int64(limit)).
		SetProjection(bson.M{"_id": 1}))
	if err != nil {
		return 0, explain("find old reservations", err)
	}
	if len(documents) == 0 {
		return 0, nil
	}
	found := make(bson.A, 0, len(documents))
	for _, document := range documents {
		found = append(found, document.Lookup("_id"))
	}
	// Still old: one of them may have been renewed meanwhile.
	result, err := s.reservations.DeleteMany(ctx, bson.M{"_id": bson.M{"$in": found}, "at": old})
	if err != nil {
		return 0, explain("delete old reservations", err)
	}
	return int(result.DeletedCount), nil
}
