package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"auto-message-sender/internal/models"
)

// Start starts the scheduler.
func (s *Store) Start(ctx context.Context, entry models.SchedulerLog) (models.Scheduler, error) {
	entry.Action = models.ActionStart
	return s.change(ctx, entry, startOrStop)
}

// Stop stops the scheduler.
func (s *Store) Stop(ctx context.Context, entry models.SchedulerLog) (models.Scheduler, error) {
	entry.Action = models.ActionStop
	return s.change(ctx, entry, startOrStop)
}

// startOrStop plans the change. The window's number is left alone, because the fence
// does not cover it.
func startOrStop(r record, entry models.SchedulerLog) (transition, error) {
	if r.Running == (entry.Action == models.ActionStart) {
		return transition{}, refused(entry.Action)
	}
	next := r.state().Started(entry)
	if entry.Action == models.ActionStop {
		next = r.state().Stopped(entry)
	}
	return transition{
		fence: bson.M{"running": r.Running},
		update: bson.M{"$set": bson.M{
			"running":          next.Running,
			"start_id":         next.StartID,
			"started_at":       nullable(next.StartedAt),
			"stopped_at":       nullable(next.StoppedAt),
			"window_remaining": next.WindowRemaining,
			"next_window_at":   nullable(next.NextWindowAt),
			"last_log":         newLogEntry(entry),
		}},
	}, nil
}

// refused is the answer to a start of what runs and a stop of what does not.
func refused(action models.Action) error {
	if action == models.ActionStart {
		return conflict("the scheduler is running already")
	}
	return conflict("the scheduler is not running")
}
