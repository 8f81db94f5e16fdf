package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// Follow is part of dispatch.Tracer: the trace of an attempt begins with its claim.
func (t *Tracing) Follow(message models.Claimed, claimed dispatch.Period) dispatch.Trace {
	ctx, root := t.tracer.Start(context.Background(), "message", trace.WithTimestamp(claimed.From))
	if !root.IsRecording() {
		return nil // sampled out: that was all
	}
	root.SetAttributes(
		attribute.String("ams.message.id", message.ID.Text), attribute.Int("ams.attempt", message.Attempt), t.replica)
	_, claim := t.tracer.Start(ctx, "claim", trace.WithTimestamp(claimed.From))
	claim.End(trace.WithTimestamp(claimed.To))
	_, send := t.tracer.Start(ctx, "send", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("http.request.method", "POST")))
	return &attempt{tracing: t, ctx: ctx, root: root, send: send}
}

// attempt is the trace of one attempt; a dispatch.Trace.
type attempt struct {
	tracing    *Tracing
	ctx        context.Context //nolint:containedctx // it has the span that the others are children of, and nothing else
	root, send trace.Span
}

// ID is part of dispatch.Trace.
func (a *attempt) ID() string { return a.root.SpanContext().TraceID().String() }

// TraceParent is part of dispatch.Trace (W3C Trace Context, 3.2). What the webhook does
// is a child of the call.
func (a *attempt) TraceParent() string {
	parent := a.send.SpanContext()
	return "00-" + parent.TraceID().String() + "-" + parent.SpanID().String() + "-" + parent.TraceFlags().String()
}

// Sent is part of dispatch.Trace.
func (a *attempt) Sent(reply webhook.Reply) {
	if reply.StatusCode != 0 {
		a.send.SetAttributes(attribute.Int("http.response.status_code", reply.StatusCode))
	}
	if reply.Verdict != webhook.Accepted {
		a.send.SetAttributes(attribute.String("error.type", reply.Cause.String()))
	}
	if reply.Verdict == webhook.Retry || reply.Verdict == webhook.Refused {
		a.send.SetStatus(codes.Error, reply.Cause.String())
	}
	a.send.End()
}

// Recorded is part of dispatch.Trace.
func (a *attempt) Recorded(outcome dispatch.AttemptOutcome, applied bool, written dispatch.Period) {
	_, record := a.tracing.tracer.Start(a.ctx, "record", trace.WithTimestamp(written.From))
	record.End(trace.WithTimestamp(written.To))
	a.root.SetAttributes(attribute.String("ams.outcome", outcome.String()), attribute.Bool("ams.applied", applied))
	if outcome == dispatch.AttemptFailed || outcome == dispatch.AttemptHeld {
		a.root.SetStatus(codes.Error, outcome.String())
	}
	a.root.End(trace.WithTimestamp(written.To))
}
