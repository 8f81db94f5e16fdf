package dispatch

import (
	"context"
	"fmt"
	"time"

	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/models"
)

// maxInFlightCount bounds what Stop counts.
const maxInFlightCount = 10_000

// State returns the record. A window is not opened while the webhook is not to be
// asked, nor before a slot is free: then the next one is said to open as soon as
// that may be over.
func (s *Scheduler) State(ctx context.Context) (models.Scheduler, error) {
	state, err := s.refresh(ctx)
	if err != nil || !state.Running {
		return state, err
	}
	// In the precision of the store's times.
	held := inStoreTime(s.breaker.health(), s.options).RetryAt.UTC().Truncate(time.Millisecond)
	for _, soonest := range []time.Time{s.options.Store.Now(), held} {
		if soonest.After(state.NextWindowAt) {
			state.NextWindowAt = soonest
		}
	}
	return state, nil
}

// Start starts the scheduler for all replicas. Its first window is due at once.
// KindConflict when it is running.
func (s *Scheduler) Start(ctx context.Context, actor, reason string) (models.Scheduler, error) {
	asked, entry := s.options.Now(), s.entry(models.ActionStart, actor, reason)
	state, err := s.options.Store.Start(ctx, entry)
	if err != nil {
		return models.Scheduler{}, fmt.Errorf("start the scheduler: %w", err)
	}
	// As of when it was asked for: somebody may have stopped it since.
	s.changed(state, asked, entry, "scheduler started")
	return state, nil
}

// Stop stops the scheduler for all replicas, without waiting: no attempt starts
// any more, and inFlight tells how many, everywhere, are still under way, up to
// 10,000. KindConflict when it is not running.
func (s *Scheduler) Stop(ctx context.Context, actor, reason string) (state models.Scheduler, inFlight int, err error) {
	entry := s.entry(models.ActionStop, actor, reason)
	state, err = s.options.Store.Stop(ctx, entry)
	if err != nil {
		return models.Scheduler{}, 0, fmt.Errorf("stop the scheduler: %w", err)
	}
	// As of now: whatever was asked for before may still say that it runs.
	s.changed(state, s.options.Now(), entry, "scheduler stopped")
	claims, err := s.options.Store.Claims(ctx, maxInFlightCount)
	if err != nil {
		// It is stopped all the same, and that is the answer; only the count is ours alone.
		s.trouble.report(ctx, s.log, fmt.Errorf("count what is in flight: %w", err))
		return state, s.flight.size(), nil
	}
	return state, len(claims), nil
}

// SetPace changes the pace for all replicas, running or not: until the environment's
// changes. See dataoperations.Scheduler for what becomes of the current window.
func (s *Scheduler) SetPace(ctx context.Context, pace models.Pace, actor, reason string) (models.Scheduler, error) {
	asked, entry := s.options.Now(), s.entry(models.ActionPace, actor, paceReason(pace, reason))
	state, err := s.options.Store.SetPace(ctx, pace, entry)
	if err != nil {
		return models.Scheduler{}, fmt.Errorf("set the pace: %w", err)
	}
	// As of when it was asked for: somebody may have stopped it since.
	s.changed(state, asked, entry, "pace changed")
	return state, nil
}

// paceReason says in the audit trail what the pace became, and what the person said.
func paceReason(pace models.Pace, reason string) string {
	text := fmt.Sprintf("%d every %s", pace.PerWindow, pace.Interval)
	if pace.PerWindow == 0 {
		text = "no cap"
	}
	if reason != "" {
		text += ": " + reason
	}
	return text
}

func (s *Scheduler) entry(action models.Action, actor, reason string) models.SchedulerLog {
	return models.SchedulerLog{
		ID:      s.options.NewID(),
		Action:  action,
		Actor:   actor,
		Replica: s.options.Replica,
		Reason:  reason,
	}
}

// changed makes this replica follow a change that it made itself at once.
func (s *Scheduler) changed(state models.Scheduler, asOf time.Time, entry models.SchedulerLog, what string) {
	s.view.saw(state, asOf)
	s.log.WithFields(logrus.Fields{
		"actor": entry.Actor, "start_id": state.StartID,
		"interval": state.Interval.String(), "messages_per_interval": state.PerWindow,
	}).Info(what)
	s.Wake()
	s.tellChange(entry)
}
