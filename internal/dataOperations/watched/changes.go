package watched

import (
	"context"

	"auto-message-sender/internal/models"
)

// Cancel is part of dataoperations.Changes.
func (s *Store) Cancel(ctx context.Context, ids []models.ID) ([]bool, error) {
	return change(ctx, s, "cancel", func(ctx context.Context) ([]bool, error) { return s.Store.Cancel(ctx, ids) }, thoseTrue)
}

// Retry is part of dataoperations.Changes.
func (s *Store) Retry(ctx context.Context, ids []models.ID) ([]bool, error) {
	return change(ctx, s, "retry", func(ctx context.Context) ([]bool, error) { return s.Store.Retry(ctx, ids) }, thoseTrue)
}

// Erase is part of dataoperations.Changes.
func (s *Store) Erase(ctx context.Context, id models.ID) (models.Message, error) {
	return change(ctx, s, "erase", func(ctx context.Context) (models.Message, error) { return s.Store.Erase(ctx, id) },
		func(models.Message) int { return 1 })
}

// Deliver is part of dataoperations.Changes.
func (s *Store) Deliver(ctx context.Context, report models.DeliveryReport) (bool, error) {
	return change(ctx, s, "deliver", func(ctx context.Context) (bool, error) { return s.Store.Deliver(ctx, report) },
		func(stored bool) int { return thoseTrue([]bool{stored}) })
}

// Audit is part of dataoperations.Trail.
func (s *Store) Audit(ctx context.Context, entry models.SchedulerLog) error {
	_, err := ask(ctx, s, "audit", func(ctx context.Context) (struct{}, error) { return struct{}{}, s.Store.Audit(ctx, entry) })
	return err
}

// Start is part of dataoperations.Scheduler.
func (s *Store) Start(ctx context.Context, entry models.SchedulerLog) (models.Scheduler, error) {
	return ask(ctx, s, "start", func(ctx context.Context) (models.Scheduler, error) { return s.Store.Start(ctx, entry) })
}

// Stop is part of dataoperations.Scheduler.
func (s *Store) Stop(ctx context.Context, entry models.SchedulerLog) (models.Scheduler, error) {
	return ask(ctx, s, "stop", func(ctx context.Context) (models.Scheduler, error) { return s.Store.Stop(ctx, entry) })
}

// SetPace is part of dataoperations.Scheduler.
func (s *Store) SetPace(ctx context.Context, pace models.Pace, entry models.SchedulerLog) (models.Scheduler, error) {
	return ask(ctx, s, "set_pace", func(ctx context.Context) (models.Scheduler, error) { return s.Store.SetPace(ctx, pace, entry) })
}
