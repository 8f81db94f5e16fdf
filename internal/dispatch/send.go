package dispatch

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"auto-message-sender/internal/webhook"
)

// pool makes the attempts, each in a goroutine of its own. How many there can
// be is bounded by what was claimed, which is bounded by flight.
type pool struct {
	options  Options
	view     *view
	recorder *recorder

	ctx      context.Context //nolint:containedctx // the attempts' own: it ends with the pool, not with whoever submits
	cancel   context.CancelFunc
	draining atomic.Bool
	attempts sync.WaitGroup
}

func newPool(options Options, view *view, recorder *recorder) *pool {
	ctx, cancel := context.WithCancel(context.Background())
	return &pool{options: options, view: view, recorder: recorder, ctx: ctx, cancel: cancel}
}

// submit starts an attempt.
func (p *pool) submit(job job) {
	p.attempts.Go(func() { p.attempt(job) })
}

// attempt sends one message and hands what came of it to the recorder.
func (p *pool) attempt(job job) {
	message := job.message
	reply := p.options.Sender.Send(p.ctx, webhook.Request{
		ID:      message.ID.Text,
		To:      message.To,
		Content: message.Content,
		Begin:   func() bool { return p.mayBegin(job.until) },
	})
	landing := landing{message: message, reply: reply}
	if reply.Verdict != webhook.NotBegun {
		landing.outcome = decide(message, reply, p.options, p.options.Store.Now())
	}
	p.recorder.put(landing)
}

// mayBegin is asked at the last moment before the first byte: there must be
// time for the whole attempt and its record under the lease, also if the
// process was paused since the claim, and nobody may have said stop.
func (p *pool) mayBegin(until time.Time) bool {
	left := until.Sub(p.options.Now())
	return left >= p.options.AttemptTimeout+startMargin && !p.draining.Load() && p.view.mayStart()
}

// Close lets the attempts under way end, refuses to begin others, and cuts off
// what is left when ctx ends.
func (p *pool) Close(ctx context.Context) {
	p.draining.Store(true)
	ended := make(chan struct{})
	go func() { defer close(ended); p.attempts.Wait() }()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	p.cancel()
	<-ended
}
