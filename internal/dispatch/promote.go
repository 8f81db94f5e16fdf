package dispatch

import (
	"context"
	"fmt"

	"auto-message-sender/internal/models"
)

// waitingBatch bounds one step of promoting or expiring.
const waitingBatch = 500

// promote makes scheduled messages pending whose time has come. That is also done
// while nothing is claimed, so that what is due shows as such.
func (s *Scheduler) promote(ctx context.Context, windowDue bool) error {
	now := s.options.Now()
	if !s.promoted.due(now, windowDue) {
		return nil
	}
	s.promoted.done(now, false)
	due, err := s.options.Store.Promote(ctx, waitingBatch)
	if err != nil {
		s.options.storeFailed(ctx, OperationQueue)
		return fmt.Errorf("promote scheduled messages: %w", err)
	}
	if s.promoted.more = len(due) >= waitingBatch; s.promoted.more {
		s.Wake()
	}
	if len(due) > 0 {
		s.log.WithField("due", len(due)).Debug("scheduled messages are due")
		s.tell(models.EventDue, models.StatusPending, due)
	}
	return nil
}
