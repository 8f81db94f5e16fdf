package mongostore

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// Promote makes scheduled messages pending whose time has come. They have been due
// then since they were accepted: their next_attempt_at is their send_at.
func (s *Store) Promote(ctx context.Context, limit int) ([]models.ID, error) {
	now := s.Now()
	return s.moveOn(ctx, limit, move{
		doing: "promote messages",
		from:  bson.M{"status": scheduled, "send_at": bson.M{"$lte": now}},
		by:    "send_at",
		update: bson.M{
			"$set": bson.M{"status": pending, "updated_at": now},
		},
	})
}

// Expire makes messages expired whose validity is over, the pending ones first.
func (s *Store) Expire(ctx context.Context, limit int) ([]models.ID, error) {
	now := s.Now()
	var changed []models.ID
	for _, status := range []string{pending, scheduled} {
		from := adoptedWaiting()
		from["status"], from["expires_at"] = status, bson.M{"$lte": now}
		some, err := s.moveOn(ctx, limit-len(changed), move{
			doing: "expire messages", from: from, by: "expires_at", update: ending(expired, now),
		})
		changed = append(changed, some...)
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// move is a change of all messages that a condition holds for.
type move struct {
	doing  string
	from   bson.M // the condition; its status is one
	by     string // the time in it, which the index has after the status
	update bson.M // with a $set
}

// moveOn makes up to limit changes, the oldest first: it finds the messages by index,
// changes them while the condition still holds, and returns those that were its own.
func (s *Store) moveOn(ctx context.Context, limit int, m move) ([]models.ID, error) {
	if limit <= 0 {
		return nil, nil
	}
	documents, err := find(ctx, s.messages, m.from, options.Find().
		SetSort(bson.D{{Key: m.by, Value: 1}}).
		SetLimit(int64(limit)).
		SetProjection(bson.M{"_id": 1}))
	if err != nil {
		return nil, explain("find what to do: "+m.doing, err)
	}
	var ids []models.ID
	for _, document := range documents {
		if id, ok := identify(document.Lookup("_id")); ok {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return s.moveThese(ctx, ids, m)
}

// moveThese changes the messages given, where the condition still holds for them.
func (s *Store) moveThese(ctx context.Context, ids []models.ID, m move) ([]models.ID, error) {
	mark := s.newID()
	if set, ok := m.update["$set"].(bson.M); ok {
		set["changed_by"] = mark
	}
	m.from["_id"] = bson.M{"$in": keys(ids, itself)}
	result, err := s.messages.UpdateMany(ctx, m.from, m.update)
	if err == nil && result.MatchedCount == int64(len(ids)) {
		return ids, nil
	}
	cause := explain(m.doing, err)
	ctx, cancel := s.carryOn(ctx)
	defer cancel()
	changed, err := s.marked(ctx, ids, mark)
	if err != nil {
		return nil, errors.Join(cause, err)
	}
	if len(changed) == 0 {
		return nil, cause
	}
	return changed, nil // what is left over is found again
}

// ending returns the update that ends a message that waits, at now. Its claim, if it
// ever had one, stays for a late 2xx.
func ending(status string, now time.Time) bson.M {
	return bson.M{
		"$set":   bson.M{"status": status, "ended_at": now, "updated_at": now},
		"$unset": fields("next_attempt_at"),
	}
}
