package mongostore

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// Retry makes messages pending again that failed or expired: what each has had is
// read, and its update finds it only while that is so. Of several callers one
// changes it, and knows it by its mark.
func (s *Store) Retry(ctx context.Context, ids []models.ID) ([]bool, error) {
	answers := make([]bool, 0, len(ids))
	for batch := range slices.Chunk(ids, s.batch) {
		retried, err := s.retryBatch(ctx, batch)
		if err != nil {
			return nil, err
		}
		for i, id := range batch {
			again := slices.Contains(batch[:i], id) // given twice: the first did it
			answers = append(answers, !again && slices.Contains(retried, id))
		}
	}
	return answers, nil
}

// retryBatch retries messages in one command, and returns which of them it did.
func (s *Store) retryBatch(ctx context.Context, ids []models.ID) ([]models.ID, error) {
	documents, err := find(ctx, s.messages, bson.M{
		"_id":        bson.M{"$in": keys(ids, itself)},
		"status":     bson.M{"$in": bson.A{failed, expired}},
		"erased_at":  nil,
		"error_code": bson.M{"$ne": models.ErrorCodeInvalid}, // it was refused, and is no better now
	}, options.Find().SetProjection(bson.M{
		"status": 1, "attempt_count": 1, "validity_period": 1, "expires_at": 1, "drawn": 1, "priority": 1,
	}))
	if err != nil {
		return nil, explain("read messages to retry", err)
	}
	mark, now := s.newID(), s.Now()
	found := make([]models.ID, 0, len(documents))
	updates := make([]mongo.WriteModel, 0, len(documents))
	for _, document := range documents {
		id, _ := identify(document.Lookup("_id"))
		found = append(found, id)
		updates = append(updates, retrying(document, mark, now))
	}
	matched, err := s.write(ctx, updates)
	if err == nil && matched == len(updates) {
		return found, nil
	}
	return s.retriedBy(ctx, mark, found, err)
}

// retriedBy reads back which messages a call has retried whose answer was cause, or
// which was too late for some of them.
func (s *Store) retriedBy(ctx context.Context, mark string, found []models.ID, cause error) ([]models.ID, error) {
	cause = explain("retry messages", cause)
	ctx, cancel := s.carryOn(ctx)
	defer cancel()
	retried, err := s.marked(ctx, found, mark)
	if err != nil {
		return nil, errors.Join(cause, err)
	}
	if len(retried) < len(found) && cause != nil {
		return nil, cause
	}
	return retried, nil
}

// retrying returns the update of one message, fenced by what the document says. One
// that the reference let fail has not the shape that Claim looks for; what it lacks
// is not given to it here, so that Adopt inspects it first.
func retrying(document bson.Raw, mark string, now time.Time) mongo.WriteModel {
	r := &reader{document: document}
	set := bson.M{
		"status":          pending,
		"next_attempt_at": now,
		"prior_attempts":  r.number("attempt_count"),
		"updated_at":      now,
		"changed_by":      mark,
	}
	unset := fields("failed_at", "ended_at", "error", "error_code")
	_, hasPriority := r.priority()
	if drawn, ok := r.get("drawn"); ok && hasPriority && drawn.Type == bson.TypeBoolean {
		set["drawn"] = false
	} else {
		unset["drawn"] = ""
	}
	if validity := r.validity(); validity > 0 {
		set["expires_at"] = now.Add(validity)
	} else if !r.moment("expires_at").After(now) {
		unset["expires_at"] = "" // who wants it sent all the same does not want it expired
	}
	return mongo.NewUpdateOneModel().
		SetFilter(bson.M{
			"_id":       bson.M{"$eq": document.Lookup("_id")},
			"erased_at": nil,
			"$and":      r.unchanged("status", "attempt_count"),
		}).
		SetUpdate(bson.M{"$set": set, "$unset": unset})
}
