package dispatch

import (
	"time"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// Tracer follows single messages: one trace for each attempt.
type Tracer interface {
	// Follow begins the trace of an attempt at the message that was claimed in the
	// time given; nil where this one is not followed.
	Follow(message models.Claimed, claimed Period) Trace
}

// Trace is the trace of one attempt. Its methods are called one after the other,
// each once, and by the recorder where it ends.
type Trace interface {
	// ID names the trace in lines of the log.
	ID() string
	// TraceParent is what the webhook is told of it (W3C Trace Context).
	TraceParent() string
	// Sent tells how the webhook's call ended.
	Sent(reply webhook.Reply)
	// Recorded ends the trace: the outcome was written in the time given. Where it did
	// not stand, applied is false.
	Recorded(outcome AttemptOutcome, applied bool, written Period)
}

// follow begins the trace of an attempt, nil where it is not followed, and says what
// the webhook is told of it.
func (o Options) follow(job job) (trace Trace, traceParent string) {
	if o.Tracer == nil {
		return nil, ""
	}
	if trace = o.Tracer.Follow(job.message, job.claimed); trace == nil {
		return nil, ""
	}
	return trace, trace.TraceParent()
}

// written ends the traces of what is durable now.
func (o Options) written(batch []landing, began time.Time) {
	if o.Tracer == nil {
		return
	}
	written := Period{From: began, To: o.Now()}
	for i := range batch {
		if trace := batch[i].trace; trace != nil {
			outcome := attempted(&batch[i]).Outcome
			trace.Recorded(outcome, batch[i].applied || outcome == AttemptNotBegun, written)
		}
	}
}

// Period is a stretch of this machine's time.
type Period struct{ From, To time.Time }
