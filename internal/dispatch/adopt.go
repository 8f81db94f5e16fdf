package dispatch

import (
	"context"
	"fmt"

	"github.com/sirupsen/logrus"

	dataoperations "auto-message-sender/internal/dataOperations"
)

// adoptBatch bounds one step, so that a large import by hand does not hold up
// the messages that are due already.
const adoptBatch = 500

// adopt makes messages that somebody inserted by hand due, before a window is
// drawn from and otherwise every pollInterval. Where there may be more it
// wakes the loop again.
func (s *Scheduler) adopt(ctx context.Context, windowDue bool) error {
	now := s.options.Now()
	if !s.adopted.due(now, windowDue) {
		return nil
	}
	s.adopted.done(now, false)
	adopted, refused, err := s.options.Store.Adopt(ctx, dataoperations.AdoptRequest{
		Limit: adoptBatch, Inspect: s.options.Inspect, Validity: s.options.Validity,
	})
	if err != nil {
		s.options.storeFailed(ctx, OperationQueue)
		return fmt.Errorf("adopt messages inserted by hand: %w", err)
	}
	if adopted > 0 {
		s.options.observer().Moved(MovedAdopted, adopted)
	}
	if refused > 0 {
		s.options.observer().Moved(MovedRefused, refused)
		s.log.WithFields(logrus.Fields{"adopted": adopted, "refused": refused}).
			Warn("messages inserted by hand are invalid; they are marked failed with the reason")
	}
	if adopted+refused > 0 {
		s.options.events().Lose()
	}
	if s.adopted.more = adopted+refused >= adoptBatch; s.adopted.more {
		s.Wake()
	}
	return nil
}
