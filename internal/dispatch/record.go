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
	ctx      context.Context //nolint:containedctx // the writes' own: it ends with the recorder
	cancel   context.CancelFunc
	steps    sync.WaitGroup

	// Of run's goroutine, until it has ended.
	parked   []landing        // refused by the store, for a reason of their own
	left     int              // not recorded when the recorder's time was up
	outcomes []models.Outcome // of the batch in hand; the memory is used again
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
	r.steps.Go(func() { r.run(recorded) })
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
	return r.left
}

// run writes batches until landings is closed and empty.
func (r *recorder) run(recorded chan<- []landing) {
	defer close(recorded)
	retry := time.NewTicker(parkedRetry)
	defer retry.Stop()
	for {
		select {
		case first, open := <-r.landings:
			if !open {
				r.retryParked(recorded)
				r.left += len(r.parked)
				return
			}
			r.land(r.gather(first), recorded)
		case <-retry.C:
			r.retryParked(recorded)
		}
	}
}

// land makes a batch durable and frees its slots. One outcome that the store
// refuses must not hold up the others: they are written one by one, and that one
// is parked.
func (r *recorder) land(batch []landing, recorded chan<- []landing) {
	err := r.write(batch)
	switch {
	case err == nil:
		keys := make([]claimKey, len(batch))
		for i, l := range batch {
			keys[i] = keyOf(l.message.Claim)
		}
		r.flight.land(keys)
		r.freed()
		recorded <- batch
	case !isRefusal(err):
		r.left += len(batch)
	case len(batch) > 1:
		for i := range batch {
			r.land(batch[i:i+1:i+1], recorded)
		}
	default:
		r.parked = append(r.parked, batch[0])
		r.options.Log.WithError(err).WithFields(logrus.Fields{
			"message_id": batch[0].message.ID.Text, "attempt": batch[0].message.Attempt,
		}).Error("the store refuses the outcome of this message; it is tried again, the others go on")
	}
}

func (r *recorder) retryParked(recorded chan<- []landing) {
	parked := r.parked
	r.parked = nil
	for i := range parked {
		r.land(parked[i:i+1:i+1], recorded)
	}
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

// gather takes what else has come in by now, without waiting.
func (r *recorder) gather(first landing) []landing {
	batch := append(make([]landing, 0, 1+len(r.landings)), first)
	for len(batch) < recordBatch {
		select {
		case next, open := <-r.landings:
			if !open {
				return batch
			}
			batch = append(batch, next)
		default:
			return batch
		}
	}
	return batch
}

// write makes the batch durable. It returns an error only once the recorder's
// time is up, or where the store refuses something in the batch.
func (r *recorder) write(batch []landing) error {
	outcomes := r.outcomes[:0]
	var unbegun []models.Claim
	for _, l := range batch {
		if l.begun() {
			outcomes = append(outcomes, l.outcome)
		} else {
			unbegun = append(unbegun, l.message.Claim)
		}
	}
	r.outcomes = outcomes
	if len(outcomes) > 0 {
		applied, err := r.record(outcomes)
		if err != nil {
			return err
		}
		next := 0
		for i := range batch {
			if batch[i].begun() {
				batch[i].applied = applied[next]
				next++
			}
		}
	}
	if len(unbegun) == 0 {
		return nil
	}
	return r.untilAnswered(func() error { return r.options.Store.GiveBack(r.ctx, unbegun) })
}

func (r *recorder) record(outcomes []models.Outcome) (applied []bool, err error) {
	faults.Reached(faults.Recording)
	err = r.untilAnswered(func() (err error) {
		applied, err = r.options.Store.Record(r.ctx, outcomes)
		return err //nolint:wrapcheck // told by untilAnswered
	})
	faults.Reached(faults.Recorded)
	return applied, err
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
