package sqlitestore

import (
	"context"
	"fmt"

	"auto-message-sender/internal/models"
)

const updatePace = `UPDATE scheduler SET interval_ms = ?, per_window = ?, window_remaining = ?, next_window_at = ? WHERE id = 1`

// SetPace changes interval and cap and adds the entry to the audit trail. What the
// environment said last stays as it is noted: Configure compares with that.
func (s *Store) SetPace(ctx context.Context, pace models.Pace, entry models.SchedulerLog) (models.Scheduler, error) {
	if entry.ID == "" {
		entry.ID = s.options.NewID()
	}
	entry.Action = models.ActionPace
	var state models.Scheduler
	err := s.write(ctx, "change the pace", func(ctx context.Context, tx *transaction) (err error) {
		if state, err = readScheduler(ctx, tx); err != nil {
			return err
		}
		entry.Timestamp = s.Now()
		entry.CreatedAt = entry.Timestamp
		state = state.Paced(pace, entry.Timestamp)
		if _, err := tx.exec(ctx, updatePace, state.Interval.Milliseconds(), state.PerWindow,
			state.WindowRemaining, timeOrNull(state.NextWindowAt)); err != nil {
			return fmt.Errorf("write the pace: %w", err)
		}
		return addSchedulerLog(ctx, tx, entry)
	})
	if err != nil {
		return models.Scheduler{}, err
	}
	return state, nil
}
