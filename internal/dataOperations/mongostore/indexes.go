package mongostore

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// index is one index that Open makes.
type index struct {
	collection string
	name       string
	keys       bson.D
	// only, where it is set, is a field that most documents lack: those without it
	// are left out of the index, where the server knows partial ones.
	only string
}

// indexes lists them all. Beside these, the index on _id serves every write to a
// message (all name their _ids), reading back, Message, Erase, the scheduler's
// document, Reserve, the replicas, and the count of the audit trail.
func indexes() []index {
	return append(append(queueIndexes(), listIndexes()...), otherIndexes()...)
}

// queueIndexes are those by which messages are sent.
func queueIndexes() []index {
	return []index{
		// due.go, claim candidates: status = pending, drawn = …, next_attempt_at ≤ now,
		// in the order priority, next_attempt_at, _id. The index gives the order;
		// within a priority, what is not yet due is skipped, and what has expired.
		//
		// adopt.go, four branches of an $or: status = scheduled and drawn out of shape,
		// and status = pending with one field out of shape: drawn and priority by their
		// bounds, next_attempt_at by skipping from one (drawn, priority) to the next, of
		// which there are six.
		//
		// counts.go: status = …, keys only; and the pending ones that are not yet
		// adopted, next_attempt_at = null, by skipping likewise.
		//
		// queue.go, Ahead: status = pending, drawn = true or false, a higher priority, or
		// the same and an earlier next_attempt_at; keys only.
		{collection: messagesName, name: "due", keys: bson.D{
			{Key: "status", Value: 1},
			{Key: "drawn", Value: 1},
			{Key: "priority", Value: 1},
			{Key: "next_attempt_at", Value: 1},
			{Key: "_id", Value: 1},
		}},
		// rescue.go, Claims: status = sending, claim.at a date, in the order claim.at.
		{collection: messagesName, name: "claims", keys: bson.D{
			{Key: "status", Value: 1},
			{Key: "claim.at", Value: 1},
		}},
		// waiting.go, Promote: status = scheduled, send_at ≤ now, in the order send_at.
		{collection: messagesName, name: "scheduled", only: "send_at", keys: bson.D{
			{Key: "status", Value: 1},
			{Key: "send_at", Value: 1},
		}},
		// waiting.go, Expire: status = …, expires_at ≤ now, in the order expires_at.
		{collection: messagesName, name: "validity", only: "expires_at", keys: bson.D{
			{Key: "status", Value: 1},
			{Key: "expires_at", Value: 1},
		}},
		// prune.go, what was canceled or expired: status = …, in the order ended_at, _id.
		{collection: messagesName, name: "ended", only: "ended_at", keys: bson.D{
			{Key: "status", Value: 1},
			{Key: "ended_at", Value: 1},
			{Key: "_id", Value: 1},
		}},
	}
}

// listIndexes are those by which messages are looked at. Each ends in the order of
// the lists, so that no page costs more than another; a list with two conditions
// more than an index has goes through what one of them selects.
func listIndexes() []index {
	newest := func(field string) bson.D {
		return bson.D{{Key: field, Value: -1}, {Key: "_id", Value: -1}}
	}
	return []index{
		// read.go, Sent, and list.go: status = sent, in the order sent_at, _id, both
		// falling. prune.go and activity.go, a range of sent_at, also rising.
		{collection: messagesName, name: "sent", keys: append(bson.D{{Key: "status", Value: 1}}, newest("sent_at")...)},
		// list.go, prune.go and activity.go, likewise: status = failed, failed_at.
		{collection: messagesName, name: "failed", keys: append(bson.D{{Key: "status", Value: 1}}, newest("failed_at")...)},
		// list.go: everything, in the order created_at, _id, both falling.
		{collection: messagesName, name: "created", keys: newest("created_at")},
		// list.go: status = …, likewise; queue.go, OldestWaiting, rising.
		{collection: messagesName, name: "status", keys: append(bson.D{{Key: "status", Value: 1}}, newest("created_at")...)},
		// list.go: to = …, likewise.
		{collection: messagesName, name: "to", keys: append(bson.D{{Key: "to", Value: 1}}, newest("created_at")...)},
		// list.go: reference = …, likewise.
		{
			collection: messagesName, name: "reference", only: "reference",
			keys: append(bson.D{{Key: "reference", Value: 1}}, newest("created_at")...),
		},
		// deliver.go and list.go: message_id = …, of which there is one.
		{collection: messagesName, name: "message_id", only: "message_id", keys: bson.D{{Key: "message_id", Value: 1}}},
	}
}

// otherIndexes are those of the other collections.
func otherIndexes() []index {
	return []index{
		// audit.go, SchedulerLogs: in the order timestamp, _id, both falling.
		{collection: logsName, name: "newest", keys: bson.D{
			{Key: "timestamp", Value: -1},
			{Key: "_id", Value: -1},
		}},
		// reserve.go, ForgetReservations: at before a time, in the order of it.
		{collection: reservationsName, name: "old", keys: bson.D{{Key: "at", Value: 1}}},
	}
}

// indexOptionsConflict is the server's code for an index that exists with the
// same keys under another name; it serves as well.
const indexOptionsConflict = 85

// notImplemented is the code of a server that speaks MongoDB's protocol, and does not
// know partial indexes.
const notImplemented = 238

// indexPatience is how long building an index on a collection that is there already
// may take. The database's own time limit is for operations of another size.
const indexPatience = time.Hour

// makeIndexes makes the indexes that are missing. One at a time, so that one which
// somebody made already under another name does not keep out the others.
func (s *Store) makeIndexes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, indexPatience)
	defer cancel()
	for _, wanted := range indexes() {
		err := s.makeIndex(ctx, wanted)
		if slices.Contains(mongo.ErrorCodes(err), notImplemented) && wanted.only != "" {
			wanted.only = "" // a larger index, which serves as well
			err = s.makeIndex(ctx, wanted)
		}
		if err != nil && !slices.Contains(mongo.ErrorCodes(err), indexOptionsConflict) {
			return explain("make index "+wanted.name+" of "+wanted.collection, err)
		}
	}
	return nil
}

// makeIndex makes one index.
func (s *Store) makeIndex(ctx context.Context, wanted index) error {
	how := options.Index().SetName(wanted.name)
	if wanted.only != "" {
		how.SetPartialFilterExpression(bson.M{wanted.only: bson.M{"$exists": true}})
	}
	_, err := s.database.Collection(wanted.collection).Indexes().CreateOne(ctx, mongo.IndexModel{Keys: wanted.keys, Options: how})
	return err //nolint:wrapcheck // explained by makeIndexes
}
