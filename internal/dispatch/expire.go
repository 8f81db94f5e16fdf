package dispatch

import (
	"context"
	"fmt"

	"auto-message-sender/internal/models"
)

// expire ends messages whose validity is over, also while nothing is claimed.
func (s *Scheduler) expire(ctx context.Context, windowDue bool) error {
	now := s.options.Now()
	if !s.expired.due(now, windowDue) {
		return nil
	}
	s.expired.done(now, false)
	over, err := s.options.Store.Expire(ctx, waitingBatch)
	if err != nil {
		s.options.storeFailed(ctx, OperationQueue)
		return fmt.Errorf("expire messages: %w", err)
	}
	if s.expired.more = len(over) >= waitingBatch; s.expired.more {
		s.Wake()
	}
	if len(over) > 0 {
		s.log.WithField("expired", len(over)).Warn("messages were not sent within their validity")
		s.options.observer().Moved(MovedExpired, len(over))
		s.tell(models.EventExpired, models.StatusExpired, over)
	}
	return nil
}
