package dispatch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

const (
	// rescueInterval is how often the claims are looked at: what a rescue may be
	// late by.
	rescueInterval = time.Second
	// watchGap is the longest time between two looks that still counts as watching:
	// a process that was itself paused has seen nothing meanwhile.
	watchGap = 10 * time.Second
	// rescueScan bounds how many claims one look takes in, oldest first.
	rescueScan = 10_000
	// maxRescueLines bounds what one rescue logs.
	maxRescueLines = 100
)

// rescuer ends the claims whose replica is gone. It trusts no clock but its
// own: a claim is rescued once this process has watched it unchanged for the
// whole length of its lease.
type rescuer struct {
	options Options
	flight  *flight
	trouble trouble
	looked  time.Time              // the last time
	watched map[claimKey]time.Time // when this process first saw the claim

	cancel context.CancelFunc
	loop   sync.WaitGroup
}

func newRescuer(options Options, flight *flight) *rescuer {
	return &rescuer{
		options: options,
		flight:  flight,
		trouble: trouble{now: options.Now},
		watched: make(map[claimKey]time.Time),
	}
}

// Start runs the rescuer until Close.
func (r *rescuer) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	r.loop.Go(func() {
		ticker := time.NewTicker(rescueInterval)
		defer ticker.Stop()
		for {
			r.runOnce(ctx)
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
}

// Close ends the loop and waits for it.
func (r *rescuer) Close() {
	r.cancel()
	r.loop.Wait()
}

// runOnce looks at the claims once and rescues what has lapsed.
func (r *rescuer) runOnce(ctx context.Context) {
	if err := r.look(ctx); err != nil {
		// While the store was away nobody could record either: the count begins anew.
		clear(r.watched)
		r.options.storeFailed(ctx, OperationRescue)
		r.trouble.report(ctx, r.options.Log, err)
		return
	}
	r.trouble.over(r.options.Log)
}

func (r *rescuer) look(ctx context.Context) error {
	claims, err := r.options.Store.Claims(ctx, rescueScan)
	if err != nil {
		return fmt.Errorf("list the claims: %w", err)
	}
	lapsed := r.watch(claims)
	if len(lapsed) == 0 {
		return nil
	}
	rescued, err := r.options.Store.Rescue(ctx, lapsed, dataoperations.RescuePolicy{
		MaxAttempts: r.options.MaxAttempts,
		Hold:        r.options.Hold,
	})
	if err != nil {
		return fmt.Errorf("rescue lapsed claims: %w", err)
	}
	if rescued > 0 {
		r.options.observer().Moved(MovedRescued, rescued)
		r.options.events().Lose()
		r.log(lapsed, rescued)
	}
	return nil
}

// log names the messages: of each, an attempt may have arrived or not.
func (r *rescuer) log(lapsed []models.Claim, rescued int) {
	next := "to be sent again, or failed where it was the last attempt"
	if r.options.Hold {
		next = "held as failed: a person decides whether to send it again (UNKNOWN_OUTCOME=hold)"
	}
	for _, claim := range lapsed[:min(len(lapsed), maxRescueLines)] {
		r.options.Log.WithFields(logrus.Fields{"message_id": claim.ID.Text, "owner": claim.Owner}).
			Warn("claim ran out with no outcome: " + next)
	}
	r.options.Log.WithField("rescued", rescued).
		Warn("claims ran out: their replica was killed, paused or cut off")
}

// watch takes in the claims that stand now and returns those that have lapsed.
// A claim in flight here is never among them: its outcome will be recorded.
func (r *rescuer) watch(claims []models.Claim) (lapsed []models.Claim) {
	now := r.options.Now()
	if now.Sub(r.looked) > watchGap {
		clear(r.watched)
	}
	r.looked = now
	watched := make(map[claimKey]time.Time, len(claims))
	for _, claim := range claims {
		if r.flight.holds(claim) {
			continue
		}
		key := keyOf(claim)
		first, seen := r.watched[key]
		if !seen {
			first = now
		}
		watched[key] = first
		if now.Sub(first) >= claim.Lease {
			lapsed = append(lapsed, claim)
		}
	}
	r.watched = watched
	return lapsed
}
