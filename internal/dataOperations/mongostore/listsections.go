package mongostore

import (
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"auto-message-sender/internal/models"
)

// section is a stretch of an index, in the order of a list.
type section struct {
	filter bson.M
	sort   bson.D
}

// sections returns what a list consists of after the cursor, each section one range
// of an index: the messages of the cursor's time that come after it; those of before
// that time; and, where no time is asked for, those that have none, as what the
// reference let fail, or what was refused. MongoDB compares only within a type, so
// the ids of one time are a section for each type.
func sections(f models.Filter, after models.Cursor) ([]section, error) {
	field := string(f.Order())
	where := conditions(f)
	byTime := bson.D{{Key: field, Value: -1}, {Key: "_id", Value: -1}}
	byID := bson.D{{Key: "_id", Value: -1}}
	bounds, _ := where[field].(bson.M)
	dated := func(before time.Time) section {
		span := bson.M{}
		maps.Copy(span, anyDate())
		maps.Copy(span, bounds)
		if !before.IsZero() {
			span["$lt"] = before // the cursor is within the bounds
		}
		return section{with(where, bson.M{field: span, "_id": nameable()}), byTime}
	}
	undated := section{with(where, bson.M{field: nil, "_id": nameable()}), byID}

	var all []section
	if !after.IsZero() {
		ids, err := idsAfter(after.Tie)
		if err != nil {
			return nil, err
		}
		var at any // null: the cursor is at a message without a time
		if !after.At.IsZero() {
			at = inTime(after.At)
		}
		for _, id := range ids {
			all = append(all, section{with(where, bson.M{field: at, "_id": id}), byID})
		}
		if at == nil {
			return all, nil
		}
	}
	all = append(all, dated(inTimeOrZero(after.At)))
	if bounds == nil {
		all = append(all, undated)
	}
	return all, nil
}

// conditions turns a filter into that of a query. Only what was sent has a sent_at
// and only what failed a failed_at, so a list in the order of one of them is by the
// index that begins with that status.
func conditions(f models.Filter) bson.M {
	where := bson.M{}
	for field, text := range map[string]string{
		"status": string(f.Status), "to": f.To, "reference": f.Reference, "message_id": f.MessageID,
	} {
		if text != "" {
			where[field] = valid(text)
		}
	}
	if f.Status == "" && f.Order() == models.OrderSent {
		where["status"] = sent
	}
	if f.Status == "" && f.Order() == models.OrderFailed {
		where["status"] = failed
	}
	for field, span := range map[string][2]time.Time{
		"created_at": {f.CreatedAfter, f.CreatedBefore},
		"sent_at":    {f.SentAfter, f.SentBefore},
		"failed_at":  {f.FailedAfter, f.FailedBefore},
	} {
		bounds := bson.M{}
		if !span[0].IsZero() {
			bounds["$gte"] = span[0]
		}
		if !span[1].IsZero() {
			bounds["$lt"] = span[1]
		}
		if len(bounds) > 0 {
			where[field] = bounds
		}
	}
	return where
}

// with returns the conditions with more of them.
func with(where, more bson.M) bson.M {
	both := maps.Clone(where)
	maps.Copy(both, more)
	return both
}

// nameable is the condition of an _id that a client can name.
func nameable() bson.M { return bson.M{"$type": bson.A{"string", "objectId"}} }

// inTimeOrZero is inTime that keeps the zero time.
func inTimeOrZero(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return inTime(t)
}

// How the tie of a cursor begins: with the type of the _id.
const (
	tieString   = "s:"
	tieObjectID = "o:"
)

// cursorAt returns the place after a message, in the list by the time in a field.
func cursorAt(document bson.Raw, field string) models.Cursor {
	r := &reader{document: document}
	id, _ := identify(document.Lookup("_id"))
	if id.ObjectID {
		return models.Cursor{At: r.date(field), Tie: tieObjectID + id.Text}
	}
	return models.Cursor{At: r.date(field), Tie: tieString + id.Text}
}

// idsAfter returns the conditions of the ids that come after that of a cursor, in
// falling order: ObjectIDs are greater than strings.
func idsAfter(tie string) ([]bson.M, error) {
	id, err := readTie(tie)
	if err != nil {
		return nil, err
	}
	if _, isText := id.(string); isText {
		return []bson.M{{"$lt": id}}, nil
	}
	return []bson.M{{"$lt": id}, {"$gte": ""}}, nil
}

// idsBefore is idsAfter in rising order.
func idsBefore(tie string) ([]bson.M, error) {
	id, err := readTie(tie)
	if err != nil {
		return nil, err
	}
	if _, isText := id.(string); isText {
		return []bson.M{{"$gt": id}, {"$gte": bson.ObjectID{}}}, nil
	}
	return []bson.M{{"$gt": id}}, nil
}

// readTie returns the _id in a cursor, a string or an ObjectID.
func readTie(tie string) (any, error) {
	if text, ok := strings.CutPrefix(tie, tieString); ok && utf8.ValidString(text) {
		return text, nil
	}
	digits, ok := strings.CutPrefix(tie, tieObjectID)
	objectID, err := bson.ObjectIDFromHex(digits)
	if !ok || err != nil {
		return nil, models.Invalid(models.FieldError{Field: "cursor", Message: "must be one that was given out for this list"})
	}
	return objectID, nil
}
