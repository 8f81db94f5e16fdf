package dispatch

import (
	"context"
	"fmt"
	"time"

	"github.com/sirupsen/logrus"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// job is one claimed message on its way to a worker.
type job struct {
	message models.Claimed
	// until is when the lease ends, on this process's monotonic clock, counted
	// from before the claim was asked for: never later than the store's view.
	until time.Time
}

// claim takes what this replica has free slots for, and hands it to the
// workers. It reports whether every slot it asked for was filled, so that more
// may be due.
func (s *Scheduler) claim(ctx context.Context) (filled bool, err error) {
	free := s.flight.free()
	if free <= 0 {
		return true, nil
	}
	asked := s.options.Now()
	result, err := s.options.Store.Claim(ctx, dataoperations.ClaimRequest{
		Owner: s.options.Replica,
		Lease: s.options.Lease,
		Max:   free,
	})
	if err != nil {
		return false, fmt.Errorf("claim messages: %w", err)
	}
	s.view.saw(result.Scheduler, asked)
	if result.WindowOpened {
		s.log.WithFields(logrus.Fields{
			"window":  result.Scheduler.WindowSeq,
			"claimed": len(result.Claimed),
			"next_at": result.Scheduler.NextWindowAt.Format(time.RFC3339),
		}).Debug("window opened")
	}
	s.flight.take(result.Claimed)
	s.handOver(ctx, result.Claimed, asked)
	return len(result.Claimed) == free, nil
}

// handOver gives claims to the workers. A claim that took long may have been
// overtaken by a stop, so the record is looked at once more.
func (s *Scheduler) handOver(ctx context.Context, claimed []models.Claimed, asked time.Time) {
	if len(claimed) > 0 && s.options.Now().Sub(asked) > freshness/2 {
		_, _ = s.refresh(ctx) // where this fails, the age of the view holds the attempts back
	}
	for _, message := range claimed {
		s.pool.submit(job{message: message, until: asked.Add(message.Lease)})
	}
}
