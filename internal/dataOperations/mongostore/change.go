package mongostore

import (
	"context"
	"errors"
	"maps"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// transition is a planned change of the scheduler's document.
type transition struct {
	fence  bson.M // what must still be so, besides that nobody has made another change
	update bson.M // sets last_log
}

// change starts or stops the scheduler, or sets its pace. State and audit entry are
// one write to one document, so there is both or neither; the entry before it is
// brought to safety first, because this write takes its place.
func (s *Store) change(
	ctx context.Context, entry models.SchedulerLog, plan func(record, models.SchedulerLog) (transition, error),
) (models.Scheduler, error) {
	if entry.ID == "" {
		entry.ID = s.newID()
	}
	for range tries {
		r, err := s.readScheduler(ctx)
		if err != nil {
			return models.Scheduler{}, err
		}
		done, err := s.happened(ctx, r, entry.ID)
		if done || err != nil {
			return r.state(), err
		}
		planned, err := plan(r, s.filledIn(r, entry))
		if err != nil {
			return models.Scheduler{}, err
		}
		if err := s.audit(ctx, r); err != nil {
			return models.Scheduler{}, err
		}
		after, err := s.put(ctx, r, planned)
		if errors.Is(err, mongo.ErrNoDocuments) {
			continue // another replica changed it in between
		}
		if err != nil {
			return s.readBack(ctx, entry, err)
		}
		s.tryAudit(ctx, after)
		return after.state(), nil
	}
	return models.Scheduler{}, contended(string(entry.Action))
}

// happened reports whether the change that the entry stands for was made already,
// by an earlier call of which only the reply was lost.
func (s *Store) happened(ctx context.Context, r record, entryID string) (bool, error) {
	if r.LastLog != nil && r.LastLog.ID == entryID {
		return true, nil
	}
	n, err := s.logs.CountDocuments(ctx, bson.M{"_id": entryID})
	return n > 0, explain("look into the audit trail", err)
}

// filledIn returns the entry with its times, and a stop's with its start.
func (s *Store) filledIn(r record, entry models.SchedulerLog) models.SchedulerLog {
	entry.Timestamp = s.Now()
	entry.CreatedAt = entry.Timestamp
	entry.StartID = ""
	if entry.Action == models.ActionStop {
		entry.StartID = r.StartID
	}
	return entry
}

// put makes the change if nobody has made one since r was read; ErrNoDocuments if
// somebody has.
func (s *Store) put(ctx context.Context, r record, planned transition) (record, error) {
	filter := maps.Clone(planned.fence)
	filter["_id"], filter["last_log._id"] = schedulerID, r.lastLogID()
	return decodeRecord(s.scheduler.FindOneAndUpdate(ctx, filter, planned.update,
		options.FindOneAndUpdate().SetReturnDocument(options.After)))
}

// readBackTime bounds the reading back of a change: a caller may have used up all of
// its own time before it, and its client still has to get an answer.
const readBackTime = 3 * time.Second

// readBack finds out whether a change was made whose reply is cause.
func (s *Store) readBack(ctx context.Context, entry models.SchedulerLog, cause error) (models.Scheduler, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(s.timeout, readBackTime))
	defer cancel()
	r, err := s.readScheduler(ctx)
	if err == nil && r.LastLog != nil && r.LastLog.ID == entry.ID {
		s.tryAudit(ctx, r)
		return r.state(), nil
	}
	return models.Scheduler{}, explain(string(entry.Action)+" the scheduler", cause)
}
