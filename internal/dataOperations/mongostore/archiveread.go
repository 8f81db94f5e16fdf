package mongostore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// walkedAtOnce is how many records a batch has.
const walkedAtOnce = 1000

// Walk hands over every document of a collection in the order in which the server
// finds them, which needs neither an index nor a sort. The latest entry of the audit
// trail may stand in the scheduler's document alone; it is brought over first.
func (a *Archive) Walk(
	ctx context.Context, collection dataoperations.Collection, each func(dataoperations.ArchivedBatch) error,
) error {
	if collection == dataoperations.CollectionLogs {
		r, err := a.record(ctx)
		if err == nil {
			err = a.store.audit(ctx, r)
		}
		if err != nil {
			return err
		}
	}
	doing := "read " + string(collection)
	cursor, err := a.store.database.Collection(string(collection)).Find(ctx, bson.M{}, options.Find().SetBatchSize(walkedAtOnce))
	if err != nil {
		return explain(doing, err)
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }()
	var batch dataoperations.ArchivedBatch
	for cursor.Next(ctx) {
		if err := add(&batch, collection, cursor.Current); err != nil {
			return explain(doing, err)
		}
		if batch.Len() < walkedAtOnce {
			continue
		}
		if err := each(batch); err != nil {
			return err
		}
		batch = dataoperations.ArchivedBatch{}
	}
	if err := cursor.Err(); err != nil || batch.Len() == 0 {
		return explain(doing, err)
	}
	return each(batch)
}

// add reads a document into the batch. The texts that it keeps are copies.
func add(batch *dataoperations.ArchivedBatch, collection dataoperations.Collection, document bson.Raw) error {
	switch collection {
	case dataoperations.CollectionMessages:
		message, err := archivedMessage(document)
		batch.Messages = append(batch.Messages, message)
		return err
	case dataoperations.CollectionLogs:
		log, err := archivedLog(document)
		batch.Logs = append(batch.Logs, log)
		return err
	case dataoperations.CollectionReservations:
		r := &reader{document: document}
		batch.Reservations = append(batch.Reservations, models.Reservation{
			Key: r.text("_id"), Fingerprint: r.text("fingerprint"), MessageID: r.text("message_id"), At: r.moment("at"),
		})
	}
	return nil
}

// archivedMessage reads a message with all that is known of it.
func archivedMessage(document bson.Raw) (dataoperations.ArchivedMessage, error) {
	r := &reader{document: document}
	archived := dataoperations.ArchivedMessage{Message: r.message()}
	if problem := idProblem(document.Lookup("_id")); problem != "" {
		r.problems = append(r.problems, problem)
	}
	drawn, isThere := r.get("drawn")
	_, hasPriority := r.priority()
	archived.Drawn, archived.Inspected = r.flag("drawn"), isThere && drawn.Type == bson.TypeBoolean
	if archived.Waits() {
		// As Adopt finds them: see adopt.go. Out of shape in anything, it is inspected.
		due, _ := r.get("next_attempt_at")
		archived.Inspected = archived.Inspected && hasPriority && due.Type == bson.TypeDateTime
		for _, field := range []string{"created_at", "send_at", "expires_at"} {
			if !archived.Inspected {
				r.meant(field)
			}
		}
	}
	claim, at := decodeClaim(document)
	archived.Claim = dataoperations.ArchivedClaim{ID: claim.ClaimID, Owner: claim.Owner, Lease: claim.Lease, At: at}
	var err error
	if archived.Extra, err = extra(document, messageFields()); err != nil {
		return archived, err
	}
	slices.Sort(r.problems)
	archived.Problems = slices.Compact(r.problems)
	return archived, nil
}

// archivedLog reads an entry of the audit trail.
func archivedLog(document bson.Raw) (dataoperations.ArchivedLog, error) {
	entry := decodeLog(document)
	id, isID := identify(document.Lookup("_id"))
	start, _ := identify(document.Lookup("start_id"))
	archived := dataoperations.ArchivedLog{SchedulerLog: entry, ObjectID: id.ObjectID, StartObjectID: start.ObjectID}
	if !isID {
		archived.Problems = append(archived.Problems, "_id must be a string or an ObjectID")
	}
	var err error
	archived.Extra, err = extra(document, logFields())
	return archived, err
}

// messageFields are those that the service knows, in documents of messages. Those at
// the end are made anew: see document.go.
func messageFields() []string {
	return []string{
		"_id", "to", "content", "status", "created_at", "updated_at", "sent_at", "failed_at", "next_attempt_at",
		"send_at", "expires_at", "validity_period", "erased_at", "priority", "drawn",
		"attempt_count", "retry_count", "prior_attempts", "num_segments",
		"reference", "encoding", "message_id", "error", "error_code",
		"delivery_status", "delivery_error_code", "delivered_at", "claim", "attempts",
		"ended_at", "changed_by",
	}
}

// logFields are those of scheduler_logs.
func logFields() []string {
	return []string{"_id", "action", "start_id", "timestamp", "created_at", "actor", "replica", "reason"}
}

// extra returns the fields that are not known, as one object of canonical extended
// JSON in the order of their names; empty when there are none.
// https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md
func extra(document bson.Raw, known []string) (string, error) {
	elements, err := document.Elements()
	if err != nil {
		return "", fmt.Errorf("read a document: %w", err)
	}
	var others bson.D
	for _, element := range elements {
		if !slices.Contains(known, element.Key()) {
			others = append(others, bson.E{Key: element.Key(), Value: element.Value()})
		}
	}
	if len(others) == 0 {
		return "", nil
	}
	slices.SortFunc(others, func(a, b bson.E) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	text, err := bson.MarshalExtJSON(others, true, false)
	if err != nil {
		return "", fmt.Errorf("write fields as JSON: %w", err)
	}
	return string(text), nil
}

// Twins looks for documents whose _id is the text of an ObjectID among the messages.
func (a *Archive) Twins(ctx context.Context, messages []dataoperations.ArchivedMessage) ([]models.ID, error) {
	texts := bson.A{}
	for _, message := range messages {
		if message.ID.ObjectID {
			texts = append(texts, message.ID.Text)
		}
	}
	if len(texts) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, archivePatience)
	defer cancel()
	documents, err := find(ctx, a.store.messages, bson.M{"_id": bson.M{"$in": texts}}, options.Find().SetProjection(bson.M{"_id": 1}))
	if err != nil {
		return nil, explain("look for ids of both types", err)
	}
	var twins []models.ID
	for _, document := range documents {
		if id, ok := identify(document.Lookup("_id")); ok && !id.ObjectID {
			twins = append(twins, id)
		}
	}
	return twins, nil
}

// momentInto sets a time of a document where it is one.
func momentInto(document bson.M, field string, at time.Time) {
	if !at.IsZero() {
		document[field] = inTime(at)
	}
}
