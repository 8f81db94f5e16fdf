package mongostore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// Begin notes the migration, in a database whose collections of ours are empty. A
// scheduler's document that never ran says nothing, and may be there.
func (a *Archive) Begin(ctx context.Context, migration dataoperations.Migration) error {
	var held []string
	for _, name := range dataoperations.Collections() {
		err := a.store.database.Collection(string(name)).FindOne(ctx, bson.M{}).Err()
		switch {
		case err == nil:
			held = append(held, string(name))
		case !errors.Is(err, mongo.ErrNoDocuments):
			return explain("look what is there", err)
		}
	}
	r, err := a.record(ctx)
	if err != nil {
		return err
	}
	if r.StartID != "" || r.LastLog != nil {
		held = append(held, schedulerName)
	}
	if len(held) > 0 {
		return conflict("the database " + a.store.database.Name() + " is not empty: it holds " + strings.Join(held, ", ") +
			"; name another, or drop it")
	}
	_, err = a.store.database.Collection(migrationName).InsertOne(ctx, bson.M{
		"_id": migrationID, "id": migration.ID, "source": migration.Source, "fingerprint": migration.Fingerprint,
		"begun_at": inTime(migration.BegunAt), "completed_at": nil,
	})
	if mongo.IsDuplicateKeyError(err) {
		return conflict("another migration into the database " + a.store.database.Name() + " has just begun")
	}
	return explain("note the migration", err)
}

// Load stores the records of a batch: in each command as many as Options.BatchSize.
// Those that are there are refused by the index on _id, and that is that.
func (a *Archive) Load(ctx context.Context, batch dataoperations.ArchivedBatch) error {
	messages := make([]any, 0, len(batch.Messages))
	for _, message := range batch.Messages {
		document, err := messageDocument(message.Normal())
		if err != nil {
			return err
		}
		messages = append(messages, document)
	}
	logs := make([]any, 0, len(batch.Logs))
	for _, log := range batch.Logs {
		document, err := logDocument(log)
		if err != nil {
			return err
		}
		logs = append(logs, document)
	}
	reservations := make([]any, 0, len(batch.Reservations))
	for _, one := range batch.Reservations {
		reservations = append(reservations, bson.M{
			"_id": one.Key, "fingerprint": one.Fingerprint, "message_id": one.MessageID, "at": inTime(one.At),
		})
	}
	return errors.Join(
		a.insert(ctx, a.store.messages, messages),
		a.insert(ctx, a.store.logs, logs),
		a.insert(ctx, a.store.reservations, reservations),
	)
}

// insert inserts those documents that are not there.
func (a *Archive) insert(ctx context.Context, collection *mongo.Collection, documents []any) error {
	for chunk := range slices.Chunk(documents, a.store.batch) {
		_, err := collection.InsertMany(ctx, chunk, options.InsertMany().SetOrdered(false))
		if _, known := takenIDs(err); !known {
			return explain("load "+collection.Name(), err)
		}
	}
	return nil
}

// messageDocument returns the document of a message: see document.go.
func messageDocument(m dataoperations.ArchivedMessage) (bson.M, error) {
	document, err := withExtra(m.Extra)
	if err != nil {
		return nil, fmt.Errorf("message %s: %w", m.ID, err)
	}
	document["_id"], document["status"] = key(m.ID), string(m.Status)
	document["priority"] = int32(m.Priority) //nolint:gosec // one of three small numbers
	document["attempt_count"] = int64(m.AttemptCount)
	document["retry_count"] = int64(m.RetryCount)
	if m.Inspected {
		document["drawn"] = m.Drawn || (!m.Waits() && m.Status != models.StatusSending)
	}
	if m.Status == models.StatusCanceled || m.Status == models.StatusExpired {
		momentInto(document, "ended_at", m.UpdatedAt)
	}
	for field, at := range map[string]time.Time{
		"created_at": m.CreatedAt, "updated_at": m.UpdatedAt, "sent_at": m.SentAt, "failed_at": m.FailedAt,
		"next_attempt_at": m.NextAttemptAt, "send_at": m.SendAt, "expires_at": m.ExpiresAt, "erased_at": m.ErasedAt,
		"delivered_at": m.Delivery.At,
	} {
		momentInto(document, field, at)
	}
	for field, text := range map[string]string{
		"to": m.To, "content": m.Content, "reference": m.Reference, "encoding": string(m.Encoding), "message_id": m.MessageID,
		"error": m.Error, "error_code": m.ErrorCode,
		"delivery_status": string(m.Delivery.Status), "delivery_error_code": m.Delivery.ErrorCode,
	} {
		if text != "" {
			document[field] = valid(text)
		}
	}
	for field, number := range map[string]int64{
		"prior_attempts": int64(m.PriorAttempts), "num_segments": int64(m.NumSegments), "validity_period": seconds(m.Validity),
	} {
		if number != 0 {
			document[field] = number
		}
	}
	if m.Claim != (dataoperations.ArchivedClaim{}) {
		claim := bson.M{"id": m.Claim.ID, "owner": m.Claim.Owner, "lease_ms": m.Claim.Lease.Milliseconds()}
		momentInto(claim, "at", m.Claim.At)
		document["claim"] = claim
	}
	if len(m.Attempts) > 0 {
		attempts := make(bson.A, 0, len(m.Attempts))
		for _, attempt := range m.Attempts {
			attempts = append(attempts, attemptDocument(attempt))
		}
		document["attempts"] = attempts
	}
	return document, nil
}

// logDocument returns the document of an entry of the audit trail.
func logDocument(log dataoperations.ArchivedLog) (bson.M, error) {
	document, err := withExtra(log.Extra)
	if err != nil {
		return nil, fmt.Errorf("entry %s of the audit trail: %w", log.ID, err)
	}
	maps.Copy(document, withoutID(newLogEntry(log.SchedulerLog)))
	document["_id"] = key(models.ID{Text: log.ID, ObjectID: log.ObjectID})
	if log.StartID != "" {
		document["start_id"] = key(models.ID{Text: log.StartID, ObjectID: log.StartObjectID})
	}
	return document, nil
}

// withExtra returns a document with the fields that are not ours.
func withExtra(text string) (bson.M, error) {
	document := bson.M{}
	if text == "" {
		return document, nil
	}
	var others bson.D
	if err := bson.UnmarshalExtJSON([]byte(text), true, &others); err != nil {
		return nil, fmt.Errorf("read the fields that are not ours: %w", err)
	}
	for _, other := range others {
		document[other.Key] = other.Value
	}
	return document, nil
}

// LoadPacing stores the scheduler's document, stopped.
func (a *Archive) LoadPacing(ctx context.Context, pacing dataoperations.ArchivedScheduler) error {
	set := bson.M{
		"running": false, "start_id": pacing.StartID,
		"started_at": nullable(pacing.StartedAt), "stopped_at": nullable(pacing.StoppedAt),
		"interval": pacing.Interval.Milliseconds(), "per_window": pacing.PerWindow,
		"window_seq": pacing.WindowSeq, "window_remaining": 0, "next_window_at": nil, "configured": nil,
	}
	if pacing.Environment != nil {
		set["configured"] = pace{Interval: pacing.Environment.Interval.Milliseconds(), PerWindow: pacing.Environment.PerWindow}
	}
	_, err := a.store.scheduler.UpdateOne(ctx, bson.M{"_id": schedulerID}, bson.M{"$set": set}, options.UpdateOne().SetUpsert(true))
	return explain("load the scheduler's document", err)
}

// Hold stops the scheduler until a person starts it: as any change, with the entry
// inside the document first.
func (a *Archive) Hold(ctx context.Context, entry models.SchedulerLog) error {
	r, err := a.record(ctx)
	if err != nil {
		return err
	}
	if err := a.store.audit(ctx, r); err != nil {
		return err
	}
	entry = entry.Latest(r.state())
	entry.StartID = r.StartID
	next := r.state().Stopped(entry)
	_, err = a.store.scheduler.UpdateOne(ctx, bson.M{"_id": schedulerID}, bson.M{"$set": bson.M{
		"running": false, "stopped_at": nullable(next.StoppedAt), "window_remaining": next.WindowRemaining,
		"next_window_at": nil, "last_log": newLogEntry(entry),
	}})
	if err != nil {
		return explain("stop the scheduler", err)
	}
	return a.store.addLog(ctx, newLogEntry(entry))
}

// Complete makes the indexes, and notes that the database is whole.
func (a *Archive) Complete(ctx context.Context, at time.Time) error {
	if err := a.store.makeIndexes(ctx); err != nil {
		return err
	}
	noted, err := a.store.database.Collection(migrationName).UpdateOne(ctx, bson.M{"_id": migrationID},
		bson.M{"$set": bson.M{"completed_at": inTime(at)}})
	if err == nil && noted.MatchedCount == 0 {
		return conflict("the note of the migration is gone from the database " + a.store.database.Name())
	}
	return explain("note that the migration is complete", err)
}
