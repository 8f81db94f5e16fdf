package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"auto-message-sender/internal/models"
)

const (
	selectScheduler = `SELECT running, start_id, started_at, stopped_at, interval_ms, per_window,
		window_seq, window_remaining, next_window_at FROM scheduler WHERE id = 1`
	updateScheduler = `UPDATE scheduler SET running = ?, start_id = ?, started_at = ?, stopped_at = ?,
		window_seq = ?, window_remaining = ?, next_window_at = ? WHERE id = 1`
	updateWindow = `UPDATE scheduler SET window_seq = ?, window_remaining = ?, next_window_at = ? WHERE id = 1`
	// configurePace changes nothing where the environment says what it said last time.
	// A lower cap holds for the current window too.
	configurePace = `UPDATE scheduler SET interval_ms = ?1, per_window = ?2,
		environment_interval_ms = ?1, environment_per_window = ?2,
		window_remaining = iif(?2 > 0, min(window_remaining, ?2), window_remaining)
		WHERE id = 1 AND (environment_interval_ms IS NOT ?1 OR environment_per_window IS NOT ?2)`
)

// query is what reads rows, in a transaction or outside.
type query func(ctx context.Context, text string, each func(row) error, args ...any) error

// readScheduler reads the state in the transaction.
func readScheduler(ctx context.Context, tx *transaction) (models.Scheduler, error) {
	return schedulerBy(ctx, tx.query)
}

func schedulerBy(ctx context.Context, read query) (models.Scheduler, error) {
	var state models.Scheduler
	found := false
	err := read(ctx, selectScheduler, func(values row) error {
		found = true
		state = models.Scheduler{
			Running:   asInt(values[0]) != 0,
			StartID:   asText(values[1]),
			StartedAt: asTime(values[2]),
			StoppedAt: asTime(values[3]),
			Pace: models.Pace{
				Interval:  time.Duration(asInt(values[4])) * time.Millisecond,
				PerWindow: int(asInt(values[5])),
			},
			WindowSeq:       asInt(values[6]),
			WindowRemaining: int(asInt(values[7])),
			NextWindowAt:    asTime(values[8]),
		}
		return nil
	})
	if err == nil && !found {
		err = corrupt("the store's file has lost the scheduler's record", errors.New("the table scheduler is empty"))
	}
	if err != nil {
		return models.Scheduler{}, fmt.Errorf("read the scheduler's record: %w", err)
	}
	return state, nil
}

// writeWindow writes what a claim changes of the state.
func writeWindow(ctx context.Context, tx *transaction, state models.Scheduler) error {
	_, err := tx.exec(ctx, updateWindow, state.WindowSeq, state.WindowRemaining, timeOrNull(state.NextWindowAt))
	if err != nil {
		return fmt.Errorf("write the window: %w", err)
	}
	return nil
}

// Scheduler returns the state.
func (s *Store) Scheduler(ctx context.Context) (models.Scheduler, error) {
	return schedulerBy(ctx, func(ctx context.Context, text string, each func(row) error, args ...any) error {
		return s.read(ctx, "read the scheduler", text, each, args...)
	})
}

// Configure makes the pace the environment's, where the environment's changed.
func (s *Store) Configure(ctx context.Context, pace models.Pace) error {
	return s.write(ctx, "configure the scheduler", func(ctx context.Context, tx *transaction) error {
		_, err := tx.exec(ctx, configurePace, pace.Interval.Milliseconds(), pace.PerWindow)
		return err
	})
}

// Start starts the scheduler and adds the entry to the audit trail.
func (s *Store) Start(ctx context.Context, entry models.SchedulerLog) (models.Scheduler, error) {
	return s.switchScheduler(ctx, "start the scheduler", entry, func(state models.Scheduler, entry *models.SchedulerLog) (models.Scheduler, error) {
		if state.Running {
			return state, models.Conflict("the scheduler is running already")
		}
		entry.Action, entry.StartID = models.ActionStart, ""
		return state.Started(*entry), nil
	})
}

// Stop stops the scheduler and adds the entry to the audit trail.
func (s *Store) Stop(ctx context.Context, entry models.SchedulerLog) (models.Scheduler, error) {
	return s.switchScheduler(ctx, "stop the scheduler", entry, func(state models.Scheduler, entry *models.SchedulerLog) (models.Scheduler, error) {
		if !state.Running {
			return state, models.Conflict("the scheduler is not running")
		}
		entry.Action, entry.StartID = models.ActionStop, state.StartID
		return state.Stopped(*entry), nil
	})
}

// switchScheduler changes the state and adds the entry, both or neither.
func (s *Store) switchScheduler(
	ctx context.Context, doing string, entry models.SchedulerLog,
	change func(models.Scheduler, *models.SchedulerLog) (models.Scheduler, error),
) (models.Scheduler, error) {
	if entry.ID == "" {
		entry.ID = s.options.NewID()
	}
	var state models.Scheduler
	err := s.write(ctx, doing, func(ctx context.Context, tx *transaction) error {
		var err error
		if state, err = readScheduler(ctx, tx); err != nil {
			return err
		}
		entry.Timestamp = s.Now()
		entry.CreatedAt = entry.Timestamp
		if state, err = change(state, &entry); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, updateScheduler, asFlag(state.Running), state.StartID, timeOrNull(state.StartedAt),
			timeOrNull(state.StoppedAt), state.WindowSeq, state.WindowRemaining, timeOrNull(state.NextWindowAt)); err != nil {
			return fmt.Errorf("write the scheduler's record: %w", err)
		}
		return addSchedulerLog(ctx, tx, entry)
	})
	if err != nil {
		return models.Scheduler{}, err
	}
	return state, nil
}

// asFlag returns a truth as the file holds it.
func asFlag(truth bool) int {
	if truth {
		return 1
	}
	return 0
}
