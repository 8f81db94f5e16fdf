package mongostore

import (
	"context"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// adoptable is the condition of a message that is pending in a shape that Claim
// does not find: next_attempt_at is no date, drawn no bool, or priority none of the
// three; missing, mostly, because it was inserted by hand. Adoption ends it.
func adoptable() bson.A {
	return bson.A{
		bson.M{"status": pending, "next_attempt_at": bson.M{"$not": anyDate()}},
		bson.M{"status": pending, "drawn": bson.M{"$nin": bson.A{true, false}}},
		bson.M{"status": pending, "priority": bson.M{"$nin": bson.A{
			int32(models.PriorityHigh), int32(models.PriorityNormal), int32(models.PriorityLow),
		}}},
	}
}

// anyDate is the condition of a date: MongoDB compares within one type only, so
// nothing but a date is at or after the year 1.
func anyDate() bson.M { return bson.M{"$gte": bson.NewDateTimeFromTime(time.Time{})} }

// Adopt takes up messages that somebody inserted by hand. Each is changed by one
// update, only while it is still adoptable and still says what was inspected, so
// any number of replicas may do this at once.
func (s *Store) Adopt(ctx context.Context, limit int, inspect dataoperations.Inspect) (adopted, refused int, err error) {
	if limit <= 0 {
		return 0, 0, nil
	}
	found, err := find(ctx, s.messages, bson.M{"$or": adoptable()}, options.Find().SetLimit(int64(limit)))
	if err != nil {
		return 0, 0, explain("find messages to adopt", err)
	}
	now := s.Now()
	var good, bad []mongo.WriteModel
	for _, document := range found {
		if update, reason := adoption(document, now, inspect); reason == "" {
			good = append(good, update)
		} else {
			bad = append(bad, refusal(document.Lookup("_id"), reason, now))
		}
	}
	// Two calls, because a bulkWrite tells only how many it matched in all.
	if adopted, err = s.write(ctx, good); err != nil {
		return adopted, 0, explain("adopt messages", err)
	}
	refused, err = s.write(ctx, bad)
	return adopted, refused, explain("refuse messages", err)
}

// write makes the updates, in batches, and returns how many found their document.
func (s *Store) write(ctx context.Context, updates []mongo.WriteModel) (matched int, err error) {
	for len(updates) > 0 {
		n := min(s.batch, len(updates))
		result, err := s.messages.BulkWrite(ctx, updates[:n], options.BulkWrite().SetOrdered(false))
		if result != nil {
			matched += int(result.MatchedCount)
		}
		if err != nil {
			return matched, err //nolint:wrapcheck // explained by the caller
		}
		updates = updates[n:]
	}
	return matched, nil
}

// adoption returns the update that makes a document one of ours, due at its
// creation and without attempts, or the reason why it cannot be.
func adoption(document bson.Raw, now time.Time, inspect dataoperations.Inspect) (update *mongo.UpdateOneModel, reason string) {
	if reason := idProblem(document.Lookup("_id")); reason != "" {
		return nil, reason
	}
	r := &reader{document: document}
	id, _ := identify(document.Lookup("_id"))
	to, content := r.text("to"), r.text("content")
	created, due := r.moment("created_at"), r.moment("next_attempt_at")
	priority, known := r.priority()
	if !known {
		priority = models.PriorityNormal
	}
	r.replaced()
	if len(r.problems) > 0 {
		return nil, strings.Join(r.problems, "; ")
	}
	normalised, err := inspect(to, content)
	if err != nil {
		return nil, err.Error()
	}
	if created.IsZero() {
		created = now
	}
	if due.IsZero() {
		due = earlier(created, now)
	}
	return mongo.NewUpdateOneModel().
		SetFilter(bson.M{
			"_id": key(id), "$or": adoptable(), "$and": r.unchanged("to", "content"),
		}).
		SetUpdate(bson.M{
			"$set": bson.M{
				"to":              normalised,
				"priority":        int32(priority),
				"created_at":      created,
				"updated_at":      now,
				"next_attempt_at": due,
				"drawn":           false,
				"attempt_count":   int32(0),
				"retry_count":     int32(0),
			},
			// What a message that was final before, and made pending by hand, still has.
			// Without its claim, nothing late can be recorded on it.
			"$unset": fields("claim", "attempts", "error", "error_code", "failed_at", "sent_at", "message_id"),
		}), ""
}

// unchanged is the condition that fields still are what was read.
func (r *reader) unchanged(names ...string) bson.A {
	var conditions bson.A
	for _, name := range names {
		var was any // missing or null
		if value, ok := r.get(name); ok {
			was = value
		}
		conditions = append(conditions, bson.M{name: bson.M{"$eq": was}})
	}
	return conditions
}

// replaced notes fields of a wrong type that adoption overwrites or that later
// steps write to: somebody meant something by them that is not what we would do.
func (r *reader) replaced() {
	r.flag("drawn")
	r.number("attempt_count")
	r.number("retry_count")
	r.list("attempts")
}

// refusal returns the update that makes a pending message failed for good. id is
// whatever the document has: under $eq, no value is taken for an operator.
func refusal(id bson.RawValue, reason string, now time.Time) *mongo.UpdateOneModel {
	return mongo.NewUpdateOneModel().
		SetFilter(bson.M{"_id": bson.M{"$eq": id}, "status": pending}).
		SetUpdate(bson.M{
			"$set": bson.M{
				"status":     failed,
				"error":      valid(reason),
				"error_code": models.ErrorCodeInvalid,
				"failed_at":  now,
				"updated_at": now,
			},
			"$unset": fields("next_attempt_at", "sent_at", "message_id"),
		})
}

// earlier returns the earlier of two times.
func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
