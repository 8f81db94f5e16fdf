package dispatch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/faults"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

const (
	// recordLanes is how many batches are under way at once. What lands while one
	// waits for the disk is then on its way too, and the store makes one commit of it.
	recordLanes     = 4
	recordBatch     = 1000 // outcomes in one write
	recordRetryMin  = 50 * time.Millisecond
	recordRetryMax  = 2 * time.Second
	announceBacklog = 16 // batches
	// parkedRetry is how often an outcome is tried again that the store refuses.
	parkedRetry = 30 * time.Second
)

// landing is a claimed message whose attempt has ended, or was not begun.
type landing struct {
	message models.Claimed
	reply   webhook.Reply
	outcome models.Outcome // not set where the attempt was not begun
	applied bool           // the outcome stands in the store
	trace   Trace          // nil: it is not followed
}

func (l landing) begun() bool { return l.reply.Verdict != webhook.NotBegun }

// recorder writes outcomes: at once, as many as have come in together, and
// again until the store answers. A claim stays in flight until then.
type recorder struct {
	options Options
	flight  *flight
	freed   func() // told after slots became free
	trouble trouble
	lines   *logrus.Entry

	landings chan landing
	lanes    [recordLanes]lane
	ctx      context.Context //nolint:containedctx // the writes' own: it ends with the recorder
	cancel   context.CancelFunc
	steps    sync.WaitGroup
}

func newRecorder(options Options, flight *flight) *recorder {
	ctx, cancel := context.WithCancel(context.Background())
	return &recorder{
		options:  options,
		flight:   flight,
		trouble:  trouble{now: options.Now},
		lines:    options.Log.WithFields(nil),
		landings: make(chan landing, options.MaxInFlight), // flight bounds it: put never waits
		ctx:      ctx,
		cancel:   cancel,
	}
}

// Start runs the recorder until Close.
func (r *recorder) Start() {
	recorded := make(chan []landing, announceBacklog)
	var lanes sync.WaitGroup
	for i := range r.lanes {
		lane := &r.lanes[i]
		lane.recorder, lane.recorded = r, recorded
		lanes.Go(lane.run)
	}
	r.steps.Go(func() { lanes.Wait(); close(recorded) })
	r.steps.Go(func() { r.announce(recorded) })
}

func (r *recorder) put(l landing) { r.landings <- l }

// Close records what has been put, and returns how many outcomes it could not
// record before ctx ended. Nothing may be put any more.
func (r *recorder) Close(ctx context.Context) (left int) {
	close(r.landings)
	stop := context.AfterFunc(ctx, r.cancel)
	r.steps.Wait()
	stop()
	r.cancel()
	for i := range r.lanes {
		left += r.lanes[i].left
	}
	return left
}

// isRefusal reports whether the store answered, and will answer so again: it is
// neither away nor damaged, nor is the recorder's time up.
func isRefusal(err error) bool {
	kind := models.KindOf(err)
	if kind == models.KindUnavailable || kind == models.KindCorrupt {
		return false
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

func (r *recorder) record(outcomes []models.Outcome) (applied []bool, err error) {
	faults.Reached(faults.Recording)
	err = r.untilAnswered(func() (err error) {
		asked := r.options.Now()
		applied, err = r.options.Store.Record(r.ctx, outcomes)
		if err == nil && r.options.Observer != nil {
			r.options.Observer.Recorded(recorded(outcomes, applied, r.options.Now().Sub(asked)))
		}
		return err //nolint:wrapcheck // told by untilAnswered
	})
	faults.Reached(faults.Recorded)
	return applied, err
}

func (r *recorder) giveBack(unbegun []models.Claim) error {
	return r.untilAnswered(func() error { return r.options.Store.GiveBack(r.ctx, unbegun) })
}

// untilAnswered repeats a write while the store is away. An outcome is never
// given up while the process lives: after a 2xx, forgetting it would send the
// message again.
func (r *recorder) untilAnswered(write func() error) error {
	delays := backoff.ExponentialBackOff{
		InitialInterval: recordRetryMin, MaxInterval: recordRetryMax,
		Multiplier: 2, RandomizationFactor: retryJitter,
	}
	for {
		err := write()
		if err == nil {
			r.trouble.over(r.options.Log)
			return nil
		}
		r.options.storeFailed(r.ctx, OperationRecord)
		if isRefusal(err) {
			return err
		}
		r.trouble.report(r.ctx, r.options.Log, err)
		select {
		case <-r.ctx.Done():
			return fmt.Errorf("time is up: %w", context.Cause(r.ctx))
		case <-time.After(delays.NextBackOff()):
		}
	}
}
