package dispatch

import (
	"context"
	"fmt"
	"sync"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

const (
	// upkeepFirst is how long after the start the store is looked over, so that
	// processes that live for less than a minute do it as well; upkeepInterval is the
	// rest after each time.
	upkeepFirst    = 3 * time.Second
	upkeepInterval = time.Minute
	// upkeepBatch bounds one step, so that it holds up no claim for long.
	upkeepBatch = 500
	// upkeepShare is how much longer than a step the rest after it is: the store is
	// busy with upkeep for a fifth of the time at most.
	upkeepShare   = 4
	upkeepMinRest = 20 * time.Millisecond
)

// upkeep forgets reservations that have run out, and prunes messages that were kept
// long enough. Every replica does it, each by itself: what one has done is nothing
// to the others.
type upkeep struct {
	options Options
	trouble trouble

	cancel context.CancelFunc
	loop   sync.WaitGroup
}

func newUpkeep(options Options) *upkeep {
	return &upkeep{options: options, trouble: trouble{now: options.Now}}
}

// Start runs the upkeep until Close.
func (u *upkeep) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	u.cancel = cancel
	u.loop.Go(func() {
		next := time.NewTimer(upkeepFirst)
		defer next.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-next.C:
				u.runOnce(ctx)
				next.Reset(upkeepInterval)
			}
		}
	})
}

// Close ends the loop and waits for it.
func (u *upkeep) Close() {
	u.cancel()
	u.loop.Wait()
}

// runOnce does all that there is to do now, in small steps.
func (u *upkeep) runOnce(ctx context.Context) {
	err := u.forget(ctx)
	for _, request := range u.retention() {
		if err == nil {
			err = u.prune(ctx, request)
		}
	}
	if err != nil {
		u.options.storeFailed(ctx, OperationUpkeep)
		u.trouble.report(ctx, u.options.Log, err)
		return
	}
	u.trouble.over(u.options.Log)
}

func (u *upkeep) forget(ctx context.Context) error {
	for {
		began := u.options.Now()
		forgotten, err := u.options.Store.ForgetReservations(ctx, upkeepBatch)
		if err != nil {
			return fmt.Errorf("forget old idempotency keys: %w", err)
		}
		if forgotten < upkeepBatch || !u.rest(ctx, began) {
			return nil
		}
	}
}

// retention returns what is to be pruned. A message is deleted only once the key that it
// may have been accepted under is forgotten: a client that repeats its request would
// have it stored, and sent, again. Until then it is erased.
func (u *upkeep) retention() []dataoperations.PruneRequest {
	kept := u.options.Retention
	if kept <= 0 {
		return nil
	}
	now := u.options.Store.Now()
	erase := dataoperations.PruneRequest{Before: now.Add(-kept), Erase: true, Limit: upkeepBatch}
	remove := dataoperations.PruneRequest{Before: now.Add(-max(kept, models.ReservationKept)), Limit: upkeepBatch}
	switch {
	case u.options.EraseOnly:
		return []dataoperations.PruneRequest{erase}
	case kept < models.ReservationKept:
		return []dataoperations.PruneRequest{erase, remove}
	}
	return []dataoperations.PruneRequest{remove}
}

func (u *upkeep) prune(ctx context.Context, request dataoperations.PruneRequest) error {
	pruned := 0
	defer func() { u.tellPruned(pruned, request.Erase) }()
	for {
		began := u.options.Now()
		changed, next, err := u.options.Store.Prune(ctx, request)
		pruned += changed
		if err != nil {
			return fmt.Errorf("prune old messages: %w", err)
		}
		if next == (dataoperations.PruneCursor{}) || !u.rest(ctx, began) {
			return nil
		}
		request.After = next
	}
}

func (u *upkeep) tellPruned(n int, erased bool) {
	if n == 0 {
		return
	}
	u.options.events().Lose()
	text := "old messages deleted (RETENTION)"
	if erased {
		u.options.observer().Moved(MovedErased, n)
		text = "recipient and content of old messages erased (RETENTION)"
	}
	u.options.Log.WithField("messages", n).Info(text)
}

// rest lets the store do other work after a step. It reports whether to go on.
func (u *upkeep) rest(ctx context.Context, began time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(max(upkeepMinRest, upkeepShare*u.options.Now().Sub(began))):
		return true
	}
}
