// Package watched lets somebody look on while the store does what requests ask for:
// to count it, or to follow a request into the store. Nothing is changed on the way,
// neither what is asked nor what is answered.
//
// Only what people ask for is watched. The pipeline's own way – claim, record, and
// what is done every moment in the background – tells of itself, see dispatch.Observer.
package watched

import (
	"context"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// Watch is told of an operation before it begins, by the name of the store's method,
// in snake case. The operation has the context that Watch returns. It calls end, if
// there is one, once it is over: with the number of messages that it has changed, and
// its error.
type Watch func(ctx context.Context, operation string) (_ context.Context, end func(changed int, err error))

// Store is a store that is watched.
type Store struct {
	dataoperations.Store

	watch Watch
}

// New returns the store, watched.
func New(store dataoperations.Store, watch Watch) *Store {
	return &Store{Store: store, watch: watch}
}

// ask watches an operation that changes no message.
func ask[Answer any](ctx context.Context, s *Store, operation string, do func(ctx context.Context) (Answer, error)) (Answer, error) {
	return change(ctx, s, operation, do, func(Answer) int { return 0 })
}

// change watches one that does.
func change[Answer any](
	ctx context.Context, s *Store, operation string, do func(ctx context.Context) (Answer, error), changed func(Answer) int,
) (Answer, error) {
	ctx, end := s.watch(ctx, operation)
	answer, err := do(ctx)
	if end == nil {
		return answer, err
	}
	n := 0
	if err == nil {
		n = changed(answer)
	}
	end(n, err)
	return answer, err
}

// thoseTrue counts the messages that an operation says yes of.
func thoseTrue(each []bool) (n int) {
	for _, yes := range each {
		if yes {
			n++
		}
	}
	return n
}

// Accept is part of dataoperations.Messages.
func (s *Store) Accept(ctx context.Context, messages ...models.Message) error {
	_, err := change(ctx, s, "accept", func(ctx context.Context) (int, error) {
		return len(messages), s.Store.Accept(ctx, messages...)
	}, func(n int) int { return n })
	return err
}

// AcceptNew is part of dataoperations.Messages.
func (s *Store) AcceptNew(ctx context.Context, messages []models.Message) ([]bool, error) {
	return change(ctx, s, "accept_new", func(ctx context.Context) ([]bool, error) { return s.Store.AcceptNew(ctx, messages) }, thoseTrue)
}

// Message is part of dataoperations.Messages.
func (s *Store) Message(ctx context.Context, id string) (models.Message, error) {
	return ask(ctx, s, "message", func(ctx context.Context) (models.Message, error) { return s.Store.Message(ctx, id) })
}

// Sent is part of dataoperations.Messages.
func (s *Store) Sent(ctx context.Context, offset, limit int64) ([]models.Message, error) {
	return ask(ctx, s, "sent", func(ctx context.Context) ([]models.Message, error) { return s.Store.Sent(ctx, offset, limit) })
}

// Counts is part of dataoperations.Messages.
func (s *Store) Counts(ctx context.Context) (models.Counts, error) {
	return ask(ctx, s, "counts", s.Store.Counts)
}

// Reserve is part of dataoperations.Reservations.
func (s *Store) Reserve(ctx context.Context, wanted models.Reservation) (models.Reservation, error) {
	return ask(ctx, s, "reserve", func(ctx context.Context) (models.Reservation, error) { return s.Store.Reserve(ctx, wanted) })
}

// List is part of dataoperations.Lists.
func (s *Store) List(ctx context.Context, filter models.Filter, after models.Cursor, limit int) (models.Page, error) {
	return ask(ctx, s, "list", func(ctx context.Context) (models.Page, error) { return s.Store.List(ctx, filter, after, limit) })
}

// Ahead is part of dataoperations.Lists.
func (s *Store) Ahead(ctx context.Context, message models.Message, limit int) (int, error) {
	return ask(ctx, s, "ahead", func(ctx context.Context) (int, error) { return s.Store.Ahead(ctx, message, limit) })
}

// OldestWaiting is part of dataoperations.Lists.
func (s *Store) OldestWaiting(ctx context.Context) (time.Time, error) {
	return ask(ctx, s, "oldest_waiting", s.Store.OldestWaiting)
}

// Activity is part of dataoperations.Lists.
func (s *Store) Activity(ctx context.Context, since time.Time) ([]models.Minute, error) {
	return ask(ctx, s, "activity", func(ctx context.Context) ([]models.Minute, error) { return s.Store.Activity(ctx, since) })
}

// Replicas is part of dataoperations.Replicas.
func (s *Store) Replicas(ctx context.Context) ([]models.Replica, error) {
	return ask(ctx, s, "replicas", s.Store.Replicas)
}

// SchedulerLogs is part of dataoperations.Trail.
func (s *Store) SchedulerLogs(ctx context.Context, offset, limit int64) ([]models.SchedulerLog, int64, error) {
	var entries []models.SchedulerLog
	total, err := ask(ctx, s, "scheduler_logs", func(ctx context.Context) (total int64, err error) {
		entries, total, err = s.Store.SchedulerLogs(ctx, offset, limit)
		return total, err //nolint:wrapcheck // passed on as it is
	})
	return entries, total, err
}
