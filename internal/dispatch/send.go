package dispatch

import (
	"context"
	"sync"
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
	unbegun  context.Context //nolint:containedctx // of attempts that have not begun: it ends when draining starts
	drain    context.CancelFunc
	attempts sync.WaitGroup
}

func newPool(options Options, view *view, recorder *recorder) *pool {
	ctx, cancel := context.WithCancel(context.Background())
	unbegun, drain := context.WithCancel(ctx)
	return &pool{
		options: options, view: view, recorder: recorder,
		ctx: ctx, cancel: cancel, unbegun: unbegun, drain: drain,
	}
}

// submit starts an attempt.
func (p *pool) submit(job job) {
	p.attempts.Go(func() { p.attempt(job) })
}

// attempt sends one message and hands what came of it to the recorder.
func (p *pool) attempt(job job) {
	message := job.message
	end := p.options.Now().Add(p.options.AttemptTimeout) // the sender's limit ends it by then
	reply := p.options.Sender.Send(p.ctx, webhook.Request{
		ID:      message.ID.Text,
		To:      message.To,
		Content: message.Content,
		Begin:   func() bool { return p.mayBegin(end, job.until) },
		Unbegun: p.unbegun,
	})
	landing := landing{message: message, reply: reply}
	if reply.Verdict != webhook.NotBegun {
		landing.outcome = decide(message, reply, p.options, p.options.Store.Now())
	}
	p.recorder.put(landing)
}

// mayBegin is asked at the last moment before the first byte. The attempt's time
// must not be over, also if the process was paused since, its end must leave time
// to record it under the lease, and nobody may have said stop.
func (p *pool) mayBegin(end, until time.Time) bool {
	inTime := p.options.Now().Before(end) && until.Sub(end) >= startMargin
	return inTime && !p.draining() && p.view.mayStart()
}

// draining reports whether nothing may begin any more.
func (p *pool) draining() bool { return p.unbegun.Err() != nil }

// Close lets the attempts under way end, calls off those that have not begun,
// and cuts off what is left when ctx ends.
func (p *pool) Close(ctx context.Context) {
	p.drain()
	ended := make(chan struct{})
	go func() { defer close(ended); p.attempts.Wait() }()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	p.cancel()
	<-ended
}
