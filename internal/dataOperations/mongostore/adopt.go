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

// adoptable is the condition of a message that waits in a shape that Claim does not
// find: next_attempt_at is no date, drawn no bool, or priority none of the three;
// missing, mostly, because it was inserted by hand. Adoption ends it. One inserted as
// scheduled lacks drawn: its send_at may be no date, and then nothing else finds it.
func adoptable() bson.A {
	return bson.A{
		bson.M{"status": scheduled, "drawn": bson.M{"$nin": bson.A{true, false}}},
		bson.M{"status": pending, "next_attempt_at": bson.M{"$not": anyDate()}},
		bson.M{"status": pending, "drawn": bson.M{"$nin": bson.A{true, false}}},
		bson.M{"status": pending, "priority": bson.M{"$nin": priorities()}},
	}
}

// adoptedWaiting is the condition of a message that waits in the shape that it has
// when it was accepted or adopted: the contrary of adoptable.
func adoptedWaiting() bson.M {
	return bson.M{
		"status":          bson.M{"$in": bson.A{scheduled, pending}},
		"next_attempt_at": anyDate(),
		"drawn":           bson.M{"$in": bson.A{true, false}},
		"priority":        bson.M{"$in": priorities()},
	}
}

// priorities are the values of the field.
func priorities() bson.A {
	return bson.A{int32(models.PriorityHigh), int32(models.PriorityNormal), int32(models.PriorityLow)}
}

// anyDate is the condition of a date: MongoDB compares within one type only, so
// nothing but a date is at or after the year 1.
func anyDate() bson.M { return bson.M{"$gte": bson.NewDateTimeFromTime(time.Time{})} }

// Adopt takes up messages that somebody inserted by hand. Each is changed by one
// update, only while it is still adoptable and still says what was inspected, so
// any number of replicas may do this at once.
func (s *Store) Adopt(ctx context.Context, request dataoperations.AdoptRequest) (adopted, refused int, err error) {
	if request.Limit <= 0 {
		return 0, 0, nil
	}
	found, err := find(ctx, s.messages, bson.M{"$or": adoptable()}, options.Find().SetLimit(int64(request.Limit)))
	if err != nil {
		return 0, 0, explain("find messages to adopt", err)
	}
	now := s.Now()
	var good, bad []mongo.WriteModel
	for _, document := range found {
		if update, reason := adoption(document, now, request); reason == "" {
			good = append(good, update)
		} else {
			bad = append(bad, refusal(document, reason, now))
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
func adoption(
	document bson.Raw, now time.Time, request dataoperations.AdoptRequest,
) (update *mongo.UpdateOneModel, reason string) {
	if reason := idProblem(document.Lookup("_id")); reason != "" {
		return nil, reason
	}
	r := &reader{document: document}
	id, _ := identify(document.Lookup("_id"))
	given := r.given()
	r.replaced()
	if r.text("status") == scheduled && given.SendAt.IsZero() && given.NextAttemptAt.IsZero() {
		r.problems = append(r.problems, "send_at must be given of a message that is scheduled")
	}
	if len(r.problems) > 0 {
		return nil, strings.Join(r.problems, "; ")
	}
	accepted, err := request.Inspect(given.To, given.Content)
	if err != nil {
		return nil, err.Error()
	}
	given = filledIn(given, accepted, now, request.Validity)
	set := newDocument(given, now)
	delete(set, "_id")
	delete(set, "content")
	set["next_attempt_at"], set["updated_at"] = given.NextAttemptAt, now
	// What a message that was final before, and made pending by hand, still has.
	// Without its claim, nothing late can be recorded on it.
	unset := fields("claim", "attempts", "prior_attempts", "error", "error_code", "failed_at", "ended_at",
		"sent_at", "message_id", "delivery_status", "delivered_at", "delivery_error_code", "erased_at", "changed_by")
	for _, optional := range []string{"reference", "send_at", "expires_at", "validity_period", "num_segments", "encoding"} {
		if _, there := set[optional]; !there {
			unset[optional] = ""
		}
	}
	return mongo.NewUpdateOneModel().
		SetFilter(bson.M{
			"_id": key(id), "$or": adoptable(),
			"$and": r.unchanged("to", "content", "send_at", "expires_at", "validity_period", "reference"),
		}).
		SetUpdate(bson.M{"$set": set, "$unset": unset}), ""
}

// given reads what a document inserted by hand says of its message.
func (r *reader) given() models.Message {
	one := models.Message{
		To: r.text("to"), Content: r.text("content"), Reference: r.reference(),
		CreatedAt: r.meant("created_at"), NextAttemptAt: r.meant("next_attempt_at"),
		SendAt: r.meant("send_at"), ExpiresAt: r.meant("expires_at"), Validity: r.validity(),
		Priority: models.PriorityNormal,
	}
	if priority, known := r.priority(); known {
		one.Priority = priority
	}
	return one
}

// filledIn returns a message with what it was not given: among it when it is due,
// NextAttemptAt, from which a validity counts.
func filledIn(m models.Message, accepted models.Inspected, now time.Time, validity time.Duration) models.Message {
	m.To, m.NumSegments, m.Encoding = accepted.To, accepted.NumSegments, accepted.Encoding
	if m.CreatedAt.IsZero() {
		m.CreatedAt = now
	}
	switch {
	case m.SendAt.After(now):
		m.NextAttemptAt = m.SendAt
	case !m.NextAttemptAt.IsZero():
	case !m.SendAt.IsZero():
		m.NextAttemptAt = m.SendAt
	default:
		m.NextAttemptAt = earlier(m.CreatedAt, now)
	}
	if m.ExpiresAt.IsZero() {
		from := m.NextAttemptAt
		if m.Validity == 0 {
			m.Validity = validity
			if from.Before(now) {
				from = now // what nobody has limited does not expire for having been there long
			}
		}
		if m.Validity > 0 {
			m.ExpiresAt = from.Add(m.Validity)
		}
	}
	return m
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

// refusal returns the update that makes a waiting message failed for good. Its _id
// is whatever the document has: under $eq, no value is taken for an operator. Lists
// are by created_at, so one that means a time in another type becomes a date, and one
// that means none becomes now.
func refusal(document bson.Raw, reason string, now time.Time) *mongo.UpdateOneModel {
	created := (&reader{document: document}).meant("created_at")
	if created.IsZero() {
		created = now
	}
	set := bson.M{
		"status":     failed,
		"error":      valid(reason),
		"error_code": models.ErrorCodeInvalid,
		"created_at": created,
		"failed_at":  now,
		"updated_at": now,
	}
	return mongo.NewUpdateOneModel().
		SetFilter(bson.M{"_id": bson.M{"$eq": document.Lookup("_id")}, "status": bson.M{"$in": bson.A{scheduled, pending}}}).
		SetUpdate(bson.M{
			"$set":   set,
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
