package dispatch

import (
	"context"
	"fmt"
	"time"

	"github.com/sirupsen/logrus"

	dataoperations "auto-message-sender/internal/dataOperations"
)

// adoptBatch bounds one step, so that a large import by hand does not hold up
// the messages that are due already.
const adoptBatch = 500

// adoptStopped is how often it is done while the scheduler is stopped: nothing goes
// out late by it, but people look.
const adoptStopped = time.Second

// adopt makes messages that somebody inserted by hand due, before a window is
// drawn from and otherwise every pollInterval. While the scheduler is stopped it does
// so every adoptStopped, so that they show, are counted, or are refused, all the same.
// Where there may be more it wakes the loop again.
func (s *Scheduler) adopt(ctx context.Context, running, windowDue bool) error {
	now := s.options.Now()
	if !s.adopted.due(now, windowDue) || !running && s.adopted.within(now, adoptStopped) {
		return nil
	}
	s.adopted.done(now, false)
	adopted, refused, err := s.options.Store.Adopt(ctx, dataoperations.AdoptRequest{
		Limit: adoptBatch, Inspect: s.options.Inspect, Validity: s.options.Validity,
	})
	if err != nil {
		s.options.storeFailed(ctx, OperationQueue)
		s.adopted = cadence{} // a pass that left it out would tell that the trouble is over
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
