package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"auto-message-sender/internal/models"
)

// SetPace changes interval and cap. What Configure remembers of the environment is
// left alone, so the pace holds until the environment says something new.
func (s *Store) SetPace(ctx context.Context, pace models.Pace, entry models.SchedulerLog) (models.Scheduler, error) {
	entry.Action = models.ActionPace
	return s.change(ctx, entry, func(r record, entry models.SchedulerLog) (transition, error) {
		update := bson.M{"$set": bson.M{
			"interval":       pace.Interval.Milliseconds(),
			"per_window":     pace.PerWindow,
			"next_window_at": nullable(r.state().Paced(pace, entry.Timestamp).NextWindowAt),
			"last_log":       newLogEntry(entry),
		}}
		if pace.PerWindow > 0 {
			update["$min"] = bson.M{"window_remaining": pace.PerWindow}
		}
		// The budget may be drawn from meanwhile; that is what $min is for.
		return transition{
			fence: bson.M{
				"running":        r.Running,
				"window_seq":     r.WindowSeq,
				"next_window_at": nullable(r.NextWindowAt),
			},
			update: update,
		}, nil
	})
}
