package dispatch

import (
	"context"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

const (
	recordBatch     = 1000 // outcomes in one write
	recordRetryMin  = 50 * time.Millisecond
	recordRetryMax  = 2 * time.Second
	announceBacklog = 16 // batches
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

	landings chan landing
	ctx      context.Context //nolint:containedctx // the writes' own: it ends with the recorder
	cancel   context.CancelFunc
	left     int // not recorded when ctx ended; of run's goroutine until it has ended
	steps    sync.WaitGroup
}

func newRecorder(options Options, flight *flight) *recorder {
	ctx, cancel := context.WithCancel(context.Background())
	return &recorder{
		options:  options,
		flight:   flight,
		trouble:  trouble{now: options.Now},
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
	for first := range r.landings {
		batch := r.gather(first)
		if !r.write(batch) {
			r.left += len(batch)
			continue
		}
		keys := make([]claimKey, len(batch))
		for i, l := range batch {
			keys[i] = keyOf(l.message.Claim)
		}
		r.flight.land(keys)
		r.freed()
		recorded <- batch
	}
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

// write makes the batch durable and reports whether it did: false only once
// the recorder's time is up.
func (r *recorder) write(batch []landing) bool {
	var outcomes []models.Outcome
	var unbegun []models.Claim
	for _, l := range batch {
		if l.begun() {
			outcomes = append(outcomes, l.outcome)
		} else {
			unbegun = append(unbegun, l.message.Claim)
		}
	}
	if len(unbegun) > 0 {
		if !r.untilAnswered(func() error { return r.options.Store.GiveBack(r.ctx, unbegun) }) {
			return false
		}
	}
	if len(outcomes) == 0 {
		return true
	}
	var applied []bool
	ok := r.untilAnswered(func() (err error) {
		applied, err = r.options.Store.Record(r.ctx, outcomes)
		return err //nolint:wrapcheck // reported with its step by untilAnswered
	})
	next := 0
	for i := range batch {
		if ok && batch[i].begun() {
			batch[i].applied = applied[next]
			next++
		}
	}
	return ok
}

// untilAnswered repeats a write until the store has answered it. An outcome is
// never given up while the process lives: after a 2xx, forgetting it would send
// the message again.
func (r *recorder) untilAnswered(write func() error) bool {
	delays := backoff.ExponentialBackOff{
		InitialInterval: recordRetryMin, MaxInterval: recordRetryMax,
		Multiplier: 2, RandomizationFactor: retryJitter,
	}
	for {
		err := write()
		if err == nil {
			r.trouble.over(r.options.Log)
			return true
		}
		r.trouble.report(r.ctx, r.options.Log, err)
		select {
		case <-r.ctx.Done():
			return false
		case <-time.After(delays.NextBackOff()):
		}
	}
}

// announce tells of what was recorded, beside the writes and not before them:
// one line of log an attempt, and a receipt for each message sent.
func (r *recorder) announce(recorded <-chan []landing) {
	for batch := range recorded {
		for _, l := range batch {
			r.log(l)
			if l.outcome.Result == models.ResultSent && l.outcome.MessageID != "" {
				r.options.Receipts.Sent(l.outcome.MessageID, l.outcome.At)
			}
		}
	}
}

// log writes the one line about an attempt. The webhook's own words
// (Reply.Detail) may repeat the message, so they stay in the store.
func (r *recorder) log(l landing) {
	fields := logrus.Fields{"message_id": l.message.ID.Text, "attempt": l.message.Attempt}
	if !l.begun() {
		fields["reason"] = l.reply.Reason
		r.options.Log.WithFields(fields).Info("message given back before its attempt began")
		return
	}
	fields["duration_ms"] = l.reply.Duration.Milliseconds()
	fields["status_code"] = l.reply.StatusCode
	if l.reply.Code != "" {
		fields["error_code"] = l.outcome.ErrorCode
		fields["reason"] = l.reply.Reason
	}
	level, text := logrus.InfoLevel, "message sent"
	switch {
	case !l.applied:
		level, text = logrus.WarnLevel, "outcome not recorded: the claim had been rescued and taken by another"
	case l.outcome.Result == models.ResultSent:
		fields["provider_message_id"] = l.outcome.MessageID
	case l.outcome.Result == models.ResultRetry:
		fields["next_attempt_at"] = l.outcome.NextAttemptAt.UTC().Format(time.RFC3339)
		level, text = logrus.WarnLevel, "attempt failed, to be repeated"
	case l.outcome.Result == models.ResultFailed:
		level, text = logrus.ErrorLevel, "message failed"
	}
	r.options.Log.WithFields(fields).Log(level, text)
}
