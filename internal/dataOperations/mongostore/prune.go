package mongostore

import (
	"context"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// end is a final status, and the time of it, which an index has after the status.
type end struct {
	status models.Status
	field  string
}

// ends lists the final statuses in the order of the walk.
func ends() []end {
	return []end{
		{models.StatusSent, "sent_at"},
		{models.StatusFailed, "failed_at"},
		{models.StatusCanceled, "ended_at"},
		{models.StatusExpired, "ended_at"},
	}
}

// Prune walks the final messages, one status after the other, in steps of Limit
// messages looked at. Each is changed only while it still is what was found.
func (s *Store) Prune(
	ctx context.Context, request dataoperations.PruneRequest,
) (changed int, next dataoperations.PruneCursor, err error) {
	all := ends()
	at := 0 // the zero cursor: at the first
	for i, one := range all {
		if one.status == request.After.Status {
			at = i
		}
	}
	found, err := s.ended(ctx, all[at], request)
	if err != nil {
		return 0, request.After, explain("find old messages", err)
	}
	if request.Erase {
		changed, err = s.eraseOld(ctx, found)
	} else {
		changed, err = s.deleteOld(ctx, all[at], request.Before, found)
	}
	if err != nil {
		return changed, request.After, err
	}
	switch {
	case len(found) == max(1, request.Limit):
		last := cursorAt(found[len(found)-1], all[at].field)
		if request.Erase {
			s.erasedUpTo.note(all[at].status, last.At)
		}
		return changed, dataoperations.PruneCursor{Status: all[at].status, Cursor: last}, nil
	case at+1 < len(all):
		return changed, dataoperations.PruneCursor{Status: all[at+1].status}, nil
	default:
		return changed, dataoperations.PruneCursor{}, nil
	}
}

// ended finds the next messages on the walk, oldest first, by index.
func (s *Store) ended(ctx context.Context, e end, request dataoperations.PruneRequest) ([]bson.Raw, error) {
	limit := max(1, request.Limit)
	byTime := bson.D{{Key: e.field, Value: 1}, {Key: "_id", Value: 1}}
	span := bson.M{"$gte": bson.NewDateTimeFromTime(time.Time{}), "$lt": request.Before}
	var sections []section
	if after := request.After.Cursor; !after.IsZero() {
		ids, err := idsBefore(after.Tie)
		if err != nil {
			return nil, err
		}
		at := inTime(after.At)
		for _, id := range ids {
			sections = append(sections, section{bson.M{"status": string(e.status), e.field: at, "_id": id}, bson.D{{Key: "_id", Value: 1}}})
		}
		span = bson.M{"$gt": at, "$lt": request.Before}
	} else if request.Erase {
		span["$gte"] = s.erasedUpTo.since(e.status)
	}
	sections = append(sections, section{bson.M{"status": string(e.status), e.field: span}, byTime})

	var found []bson.Raw
	for _, part := range sections {
		how := options.Find().SetSort(part.sort).SetLimit(int64(limit - len(found)))
		if !request.Erase {
			how.SetProjection(bson.M{e.field: 1})
		}
		some, err := find(ctx, s.messages, part.filter, how)
		if err != nil {
			return nil, err
		}
		if found = append(found, some...); len(found) == limit {
			break
		}
	}
	return found, nil
}

// deleteOld deletes messages that still ended before the time.
func (s *Store) deleteOld(ctx context.Context, e end, before time.Time, found []bson.Raw) (int, error) {
	if len(found) == 0 {
		return 0, nil
	}
	ids := make(bson.A, 0, len(found))
	for _, document := range found {
		ids = append(ids, document.Lookup("_id"))
	}
	result, err := s.messages.DeleteMany(ctx, bson.M{
		"_id": bson.M{"$in": ids}, "status": string(e.status), e.field: bson.M{"$lt": before},
	})
	if err != nil {
		return 0, explain("delete old messages", err)
	}
	return int(result.DeletedCount), nil
}

// eraseOld erases messages that were not erased before.
func (s *Store) eraseOld(ctx context.Context, found []bson.Raw) (int, error) {
	var updates []mongo.WriteModel
	for _, document := range found {
		r := &reader{document: document}
		if r.moment("erased_at").IsZero() {
			updates = append(updates, mongo.NewUpdateOneModel().SetFilter(asRead(document)).SetUpdate(s.erasing(document)))
		}
	}
	changed, err := s.write(ctx, updates)
	return changed, explain("erase old messages", err)
}

// erasedUpTo knows how far walks that erase have come, by status. What is erased
// stays where it is, and no index tells it apart; a walk that began anew each time
// would read all of it again. So it begins a day before the place that was reached,
// and only a process's first walk at the beginning.
type erasedUpTo struct {
	mu      sync.Mutex
	reached map[models.Status]time.Time
}

// recordedLate is how much later than its end a message may be recorded, and still
// be met by the next walk.
const recordedLate = 24 * time.Hour

// note says that everything of the status that ended before the time is erased.
func (e *erasedUpTo) note(status models.Status, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reached == nil {
		e.reached = map[models.Status]time.Time{}
	}
	if at.After(e.reached[status]) {
		e.reached[status] = at
	}
}

// since returns where the next walk begins.
func (e *erasedUpTo) since(status models.Status) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	if reached, ok := e.reached[status]; ok {
		return reached.Add(-recordedLate)
	}
	return time.Time{}
}
