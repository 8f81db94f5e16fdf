package mongostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// schedulerID is the _id of the one document in the collection scheduler.
const schedulerID = "scheduler"

// tries bounds how often a conditional change is tried anew when another replica
// has changed the document in between; each failure is another's success.
const tries = 8

// record is the scheduler's document.
type record struct {
	Running   bool      `bson:"running"`
	StartID   string    `bson:"start_id"`
	StartedAt time.Time `bson:"started_at"`
	StoppedAt time.Time `bson:"stopped_at"`
	Interval  int64     `bson:"interval"` // milliseconds
	PerWindow int       `bson:"per_window"`

	WindowSeq       int64     `bson:"window_seq"`
	WindowRemaining int       `bson:"window_remaining"`
	NextWindowAt    time.Time `bson:"next_window_at"`

	// Configured is the pace of the environment when it was last taken over.
	Configured *pace `bson:"configured"`
	// LastLog is the audit entry of the latest change, until the next.
	LastLog *logEntry `bson:"last_log"`
}

// pace is a models.Pace in a document.
type pace struct {
	Interval  int64 `bson:"interval"` // milliseconds
	PerWindow int   `bson:"per_window"`
}

// state returns the record as the rest of the service sees it.
func (r record) state() models.Scheduler {
	return models.Scheduler{
		Running:   r.Running,
		StartID:   r.StartID,
		StartedAt: utc(r.StartedAt),
		StoppedAt: utc(r.StoppedAt),
		Pace: models.Pace{
			Interval:  time.Duration(r.Interval) * time.Millisecond,
			PerWindow: r.PerWindow,
		},
		WindowSeq:       r.WindowSeq,
		WindowRemaining: r.WindowRemaining,
		NextWindowAt:    utc(r.NextWindowAt),
	}
}

// lastLogID returns the _id of the latest audit entry, nil before the first.
func (r record) lastLogID() any {
	if r.LastLog == nil {
		return nil
	}
	return r.LastLog.ID
}

// utc keeps the zero time as it is.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

// nullable is a time for a document: null where it is zero.
func nullable(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// makeScheduler makes the scheduler's document where it is missing, with the pace of
// the environment where that is known. Else its interval is 0, by which no first
// attempt is allowed: see models.Scheduler.
func (s *Store) makeScheduler(ctx context.Context) error {
	made := bson.M{
		"running": false, "start_id": "", "interval": int64(0), "per_window": 0,
		"window_seq": int64(0), "window_remaining": 0,
	}
	if known := s.environment.Load(); known != nil {
		made["interval"], made["per_window"], made["configured"] = known.Interval, known.PerWindow, *known
	}
	_, err := s.scheduler.UpdateOne(ctx, bson.M{"_id": schedulerID},
		bson.M{"$setOnInsert": made}, options.UpdateOne().SetUpsert(true))
	if mongo.IsDuplicateKeyError(err) {
		return nil // another replica was faster
	}
	return explain("make the scheduler's document", err)
}

// readScheduler reads the document. Where somebody has deleted it, a new one is
// made, which does not run.
func (s *Store) readScheduler(ctx context.Context) (record, error) {
	r, err := decodeRecord(s.scheduler.FindOne(ctx, bson.M{"_id": schedulerID}))
	if errors.Is(err, mongo.ErrNoDocuments) {
		if err := s.makeScheduler(ctx); err != nil {
			return record{}, err
		}
		r, err = decodeRecord(s.scheduler.FindOne(ctx, bson.M{"_id": schedulerID}))
	}
	return r, explain("read the scheduler's document", err)
}

// decodeRecord returns the document of a result. Nobody but us writes it, so a
// field of a wrong type is damage, and nothing may be sent by it.
func decodeRecord(result *mongo.SingleResult) (record, error) {
	document, err := result.Raw()
	if err != nil {
		return record{}, err //nolint:wrapcheck // explained by the caller
	}
	var r record
	if err := bson.Unmarshal(document, &r); err != nil {
		return record{}, &models.Error{Kind: models.KindCorrupt, Detail: "the scheduler's document is damaged", Cause: err}
	}
	return r, nil
}

// Scheduler returns the state.
func (s *Store) Scheduler(ctx context.Context) (models.Scheduler, error) {
	r, err := s.readScheduler(ctx)
	if err != nil {
		return models.Scheduler{}, err
	}
	s.tryAudit(ctx, r)
	return r.state(), nil
}

// Configure makes the pace the environment's, unless the environment still says
// what it said last time. The current window gives no more than the new pace allows.
func (s *Store) Configure(ctx context.Context, wanted models.Pace) error {
	environment := pace{Interval: wanted.Interval.Milliseconds(), PerWindow: wanted.PerWindow}
	s.environment.Store(&environment)
	for range tries {
		r, err := s.readScheduler(ctx)
		if err != nil {
			return err
		}
		if r.Configured != nil && *r.Configured == environment {
			return nil
		}
		filter := bson.M{"_id": schedulerID, "configured": nil}
		if r.Configured != nil {
			filter = bson.M{
				"_id":                   schedulerID,
				"configured.interval":   r.Configured.Interval,
				"configured.per_window": r.Configured.PerWindow,
			}
		}
		result, err := s.scheduler.UpdateOne(ctx, filter, bson.M{
			"$set": bson.M{
				"interval": environment.Interval, "per_window": environment.PerWindow,
				"configured": environment,
			},
			"$min": bson.M{"window_remaining": environment.PerWindow},
		})
		if err != nil {
			return explain("configure the pace", err)
		}
		if result.MatchedCount == 1 {
			return nil
		}
	}
	return contended("configure the pace")
}

// contended is the error of a change that other replicas' changes came before,
// again and again.
func contended(doing string) error {
	return unavailable("the scheduler is being changed by others",
		fmt.Errorf("mongostore: %s: %d tries", doing, tries))
}
