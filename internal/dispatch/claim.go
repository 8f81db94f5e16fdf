package dispatch

import (
	"context"
	"fmt"
	"time"

	"github.com/sirupsen/logrus"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/faults"
	"auto-message-sender/internal/models"
)

// job is one claimed message on its way to a worker.
type job struct {
	message models.Claimed
	// until is when the lease ends, on this process's monotonic clock, counted
	// from before the claim was asked for: never later than the store's view.
	until   time.Time
	under   permit
	claimed Period // when the claim was asked for, and answered
}

// claim takes what this replica has free slots for, as far as the breaker lets
// it, and hands it to the workers. It reports whether it is worth looking again as
// soon as a slot is free: every slot it asked for was filled, so more may be due, or
// the breaker waits for the end of an attempt. While the breaker grants nothing
// no window is opened, and nothing drawn from it.
func (s *Scheduler) claim(ctx context.Context) (filled bool, err error) {
	free := s.flight.free()
	if free <= 0 {
		return true, nil
	}
	granted := s.breaker.grant(free)
	if granted.n == 0 {
		return granted.busy, nil
	}
	if granted.redraw {
		if _, err := s.options.Store.Redraw(ctx); err != nil {
			s.options.storeFailed(ctx, OperationClaim)
			return false, fmt.Errorf("make what was held up draw again: %w", err)
		}
		s.breaker.madeDraw(granted.permit)
	}
	before, _ := s.view.within(freshness)
	asked := s.options.Now()
	result, err := s.options.Store.Claim(ctx, dataoperations.ClaimRequest{
		Owner: s.options.Replica,
		Lease: s.options.Lease,
		Max:   granted.n,
	})
	if err != nil {
		s.options.storeFailed(ctx, OperationClaim)
		return false, fmt.Errorf("claim messages: %w", err)
	}
	s.tellClaimed(before, result, asked)
	s.view.saw(result.Scheduler, asked)
	s.flight.take(result.Claimed)
	s.breaker.took(granted.permit, len(result.Claimed))
	if len(result.Claimed) > 0 {
		faults.Reached(faults.Claimed)
	}
	s.handOver(ctx, result.Claimed, asked, granted.permit)
	return len(result.Claimed) == granted.n, nil
}

// tellClaimed tells of a claim that was answered.
func (s *Scheduler) tellClaimed(before models.Scheduler, result dataoperations.ClaimResult, asked time.Time) {
	claiming := Claiming{
		Claimed: len(result.Claimed), Took: s.options.Now().Sub(asked), WindowOpened: result.WindowOpened,
	}
	if result.WindowOpened {
		claiming.WindowsMissed = windowsMissed(before, result.Scheduler)
		s.log.WithFields(logrus.Fields{
			"window":  result.Scheduler.WindowSeq,
			"missed":  claiming.WindowsMissed,
			"claimed": len(result.Claimed),
			"next_at": result.Scheduler.NextWindowAt.Format(time.RFC3339),
		}).Debug("window opened")
	}
	s.options.observer().Claimed(claiming)
}

// handOver gives claims to the workers. A claim that took long may have been
// overtaken by a stop, so the record is looked at once more.
func (s *Scheduler) handOver(ctx context.Context, claimed []models.Claimed, asked time.Time, under permit) {
	if len(claimed) > 0 && s.options.Now().Sub(asked) > freshness/2 {
		_, _ = s.refresh(ctx) // where this fails, the age of the view holds the attempts back
	}
	answered := Period{From: asked, To: s.options.Now()}
	for _, message := range claimed {
		s.pool.submit(job{message: message, until: asked.Add(message.Lease), under: under, claimed: answered})
	}
}
