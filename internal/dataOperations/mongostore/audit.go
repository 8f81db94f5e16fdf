package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// logEntry is an entry of the audit trail, as a document of scheduler_logs and,
// until the next change, inside the scheduler's document.
type logEntry struct {
	ID        string    `bson:"_id"`
	Action    string    `bson:"action"`
	StartID   string    `bson:"start_id,omitempty"`
	Timestamp time.Time `bson:"timestamp"`
	CreatedAt time.Time `bson:"created_at"`
	Actor     string    `bson:"actor,omitempty"`
	Replica   string    `bson:"replica,omitempty"`
	Reason    string    `bson:"reason,omitempty"`
}

func newLogEntry(entry models.SchedulerLog) logEntry {
	return logEntry{
		ID:        entry.ID,
		Action:    string(entry.Action),
		StartID:   entry.StartID,
		Timestamp: entry.Timestamp,
		CreatedAt: entry.CreatedAt,
		Actor:     valid(entry.Actor),
		Replica:   valid(entry.Replica),
		Reason:    valid(entry.Reason),
	}
}

// audit adds the entry inside the scheduler's document to scheduler_logs. It is
// done by whoever sees the entry first, and does nothing the second time.
func (s *Store) audit(ctx context.Context, r record) error {
	if r.LastLog == nil || s.audited.Load() == r.LastLog.ID {
		return nil
	}
	if err := s.addLog(ctx, *r.LastLog); err != nil {
		return err
	}
	s.audited.Store(r.LastLog.ID)
	return nil
}

// Audit adds an entry that is not of the scheduler's own changes.
func (s *Store) Audit(ctx context.Context, entry models.SchedulerLog) error {
	if entry.ID == "" {
		entry.ID = s.newID()
	}
	entry.Timestamp = s.Now()
	entry.CreatedAt = entry.Timestamp
	return s.addLog(ctx, newLogEntry(entry))
}

// addLog adds an entry to scheduler_logs, unless it is there.
func (s *Store) addLog(ctx context.Context, entry logEntry) error {
	_, err := s.logs.UpdateOne(ctx, bson.M{"_id": entry.ID},
		bson.M{"$setOnInsert": withoutID(entry)}, options.UpdateOne().SetUpsert(true))
	if mongo.IsDuplicateKeyError(err) {
		return nil
	}
	return explain("add to the audit trail", err)
}

// tryAudit is audit where there is something more urgent; the next who reads the
// scheduler's document tries again.
func (s *Store) tryAudit(ctx context.Context, r record) {
	if err := s.audit(ctx, r); err != nil {
		s.log.WithError(err).Warn("the latest change of the scheduler is not yet in scheduler_logs")
	}
}

// withoutID returns the fields to set on insertion; _id comes from the filter.
func withoutID(entry logEntry) bson.M {
	set := bson.M{
		"action":     entry.Action,
		"timestamp":  entry.Timestamp,
		"created_at": entry.CreatedAt,
	}
	for field, value := range map[string]string{
		"start_id": entry.StartID, "actor": entry.Actor, "replica": entry.Replica, "reason": entry.Reason,
	} {
		if value != "" {
			set[field] = value
		}
	}
	return set
}

// SchedulerLogs returns entries of the audit trail, newest first, and how many
// there are; entries of the reference among them.
func (s *Store) SchedulerLogs(ctx context.Context, offset, limit int64) ([]models.SchedulerLog, int64, error) {
	r, err := s.readScheduler(ctx)
	if err != nil {
		return nil, 0, err
	}
	if err := s.audit(ctx, r); err != nil {
		return nil, 0, err // the newest entry would be missing
	}
	total, err := s.logs.CountDocuments(ctx, bson.M{}, options.Count().SetHint("_id_"))
	if err != nil || limit <= 0 {
		return nil, total, explain("count the audit trail", err)
	}
	documents, err := find(ctx, s.logs, bson.M{}, options.Find().
		SetSort(bson.D{{Key: "timestamp", Value: -1}, {Key: "_id", Value: -1}}).
		SetSkip(max(0, offset)).
		SetLimit(limit))
	if err != nil {
		return nil, 0, explain("read the audit trail", err)
	}
	entries := make([]models.SchedulerLog, 0, len(documents))
	for _, document := range documents {
		entries = append(entries, decodeLog(document))
	}
	return entries, total, nil
}

// decodeLog reads an entry, whose ids may be ObjectIDs in the reference's.
func decodeLog(document bson.Raw) models.SchedulerLog {
	r := &reader{document: document}
	id, _ := identify(document.Lookup("_id"))
	start, _ := identify(document.Lookup("start_id"))
	return models.SchedulerLog{
		ID:        id.Text,
		Action:    models.Action(r.text("action")),
		StartID:   start.Text,
		Timestamp: r.moment("timestamp"),
		CreatedAt: r.moment("created_at"),
		Actor:     r.text("actor"),
		Replica:   r.text("replica"),
		Reason:    r.text("reason"),
	}
}
