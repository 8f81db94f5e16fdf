package dispatch

import (
	"context"
	"sync"
	"time"

	"auto-message-sender/internal/faults"
	"auto-message-sender/internal/webhook"
)

// pool makes the attempts, each in a worker that makes nothing else meanwhile. How
// many there can be is bounded by what was claimed, which is bounded by flight.
type pool struct {
	options  Options
	view     *view
	breaker  *breaker
	recorder *recorder

	ctx     context.Context //nolint:containedctx // the attempts' own: it ends with the pool, not with whoever submits
	cancel  context.CancelFunc
	unbegun context.Context //nolint:containedctx // of attempts that have not begun: it ends when draining starts
	drain   context.CancelFunc
	jobs    chan job // taken by a worker that has nothing to do
	workers sync.WaitGroup
}

func newPool(options Options, view *view, breaker *breaker, recorder *recorder) *pool {
	ctx, cancel := context.WithCancel(context.Background())
	unbegun, drain := context.WithCancel(ctx)
	return &pool{
		options: options, view: view, breaker: breaker, recorder: recorder,
		ctx: ctx, cancel: cancel, unbegun: unbegun, drain: drain,
		jobs: make(chan job),
	}
}

// submit starts an attempt, in a worker that waits for one or in a new one. Workers
// stay: the stack that an attempt needs is grown once, not for every message.
func (p *pool) submit(next job) {
	select {
	case p.jobs <- next:
	default:
		p.workers.Go(func() {
			p.attempt(next)
			for job := range p.jobs {
				p.attempt(job)
			}
		})
	}
}

// attempt sends one message and hands what came of it to the recorder.
func (p *pool) attempt(job job) {
	message := job.message
	trace, traceParent := p.options.follow(job)
	end := p.options.Now().Add(p.options.AttemptTimeout) // the sender's limit ends it by then
	reply := p.options.Sender.Send(p.ctx, webhook.Request{
		ID:          message.ID.Text,
		To:          message.To,
		Content:     message.Content,
		TraceParent: traceParent,
		Begin:       func() bool { return p.mayBegin(end, job) },
		Unbegun:     p.unbegun,
	})
	faults.Reached(faults.Answered)
	var ruled ruling
	if p.ctx.Err() == nil { // what the drain has cut off says nothing of the webhook
		ruled = p.breaker.judge(job.under, message.ID.Text, reply)
	}
	switch {
	case reply.Verdict != webhook.NotBegun:
	case !p.isValid(job):
		reply.Reason, reply.Cause = "its validity is over", webhook.CauseExpired
	case !p.breaker.mayBegin(job.under):
		reply.Reason, reply.Cause = "the webhook fails as a whole, or asked for a pause", webhook.CauseBreaker
	}
	if trace != nil {
		trace.Sent(reply)
	}
	landing := landing{message: message, reply: reply, trace: trace}
	if reply.Verdict != webhook.NotBegun {
		landing.outcome = decide(message, reply, ruled, p.options, p.options.Store.Now())
	}
	if p.options.Observer != nil {
		p.options.Observer.Attempted(attempted(&landing))
	}
	p.recorder.put(landing)
}

// mayBegin is asked at the last moment before the first byte. The attempt's time
// must not be over, also if the process was paused since, its end must leave time
// to record it under the lease, the message must still be valid, and nobody may have
// said stop, the webhook included.
func (p *pool) mayBegin(end time.Time, job job) bool {
	faults.Reached(faults.Begin)
	inTime := p.options.Now().Before(end) && job.until.Sub(end) >= startMargin
	return inTime && p.isValid(job) && !p.draining() && p.view.mayStart() && p.breaker.mayBegin(job.under)
}

// isValid reports whether the message may still be sent, by the store's time.
func (p *pool) isValid(job job) bool {
	expires := job.message.ExpiresAt
	return expires.IsZero() || p.options.Store.Now().Before(expires)
}

// draining reports whether nothing may begin any more.
func (p *pool) draining() bool { return p.unbegun.Err() != nil }

// Close lets the attempts under way end, calls off those that have not begun,
// and cuts off what is left when ctx ends.
func (p *pool) Close(ctx context.Context) {
	p.drain()
	close(p.jobs)
	ended := make(chan struct{})
	go func() { defer close(ended); p.workers.Wait() }()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	p.cancel()
	<-ended
}
