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
}

// indexes lists them all. They are plain ascending and descending ones, which
// every MongoDB and the stand-in of the tests know alike. Beside these, the index
// on _id serves every write to a message (all name their _ids), reading back,
// Message, the scheduler's document and the count of the audit trail.
func indexes() []index {
	return []index{
		// due.go, claim candidates: status = pending, drawn = …, next_attempt_at ≤ now,
		// in the order priority, next_attempt_at, _id. The index gives the order;
		// within a priority, what is not yet due is skipped.
		//
		// adopt.go, three branches of an $or, each status = pending and one field out
		// of shape: drawn and priority by their bounds, next_attempt_at by skipping
		// from one (drawn, priority) to the next, of which there are six.
		//
		// counts.go: status = …, keys only; and the pending ones that are not yet
		// adopted, next_attempt_at = null, by skipping likewise.
		{messagesName, "due", bson.D{
			{Key: "status", Value: 1},
			{Key: "drawn", Value: 1},
			{Key: "priority", Value: 1},
			{Key: "next_attempt_at", Value: 1},
			{Key: "_id", Value: 1},
		}},
		// read.go, Sent: status = sent, in the order sent_at, _id, both falling.
		{messagesName, "sent", bson.D{
			{Key: "status", Value: 1},
			{Key: "sent_at", Value: -1},
			{Key: "_id", Value: -1},
		}},
		// rescue.go, Claims: status = sending, claim.at a date, in the order claim.at.
		{messagesName, "claims", bson.D{
			{Key: "status", Value: 1},
			{Key: "claim.at", Value: 1},
		}},
		// audit.go, SchedulerLogs: in the order timestamp, _id, both falling.
		{logsName, "newest", bson.D{
			{Key: "timestamp", Value: -1},
			{Key: "_id", Value: -1},
		}},
	}
}

// indexOptionsConflict is the server's code for an index that exists with the
// same keys under another name; it serves as well.
const indexOptionsConflict = 85

// indexPatience is how long building an index on a collection that is there already
// may take. The database's own time limit is for operations of another size.
const indexPatience = time.Hour

// makeIndexes makes the indexes that are missing. One at a time, so that one which
// somebody made already under another name does not keep out the others.
func (s *Store) makeIndexes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, indexPatience)
	defer cancel()
	for _, wanted := range indexes() {
		_, err := s.database.Collection(wanted.collection).Indexes().CreateOne(ctx, mongo.IndexModel{
			Keys:    wanted.keys,
			Options: options.Index().SetName(wanted.name),
		})
		if err != nil && !slices.Contains(mongo.ErrorCodes(err), indexOptionsConflict) {
			return explain("make index "+wanted.name+" of "+wanted.collection, err)
		}
	}
	return nil
}
