package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"auto-message-sender/internal/models"
)

// Watch is a watched.Watch: the span of an operation that a request asks of the store.
// What nobody has asked for, in the background, is not followed.
func (t *Tracing) Watch(ctx context.Context, operation string) (_ context.Context, end func(changed int, err error)) {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ctx, nil
	}
	ctx, span := t.tracer.Start(ctx, "store "+operation, trace.WithSpanKind(trace.SpanKindClient))
	return ctx, func(changed int, err error) {
		if changed > 0 {
			span.SetAttributes(attribute.Int("ams.messages", changed))
		}
		if err != nil { // its text may repeat what a client has sent
			kind := kindName(err)
			span.SetAttributes(attribute.String("error.type", kind))
			if kind == "unavailable" || kind == "corrupt" || kind == "internal" {
				span.SetStatus(codes.Error, kind)
			}
		}
		span.End()
	}
}

func kindName(err error) string {
	switch models.KindOf(err) {
	case models.KindInvalid:
		return "invalid"
	case models.KindNotFound:
		return "not_found"
	case models.KindConflict:
		return "conflict"
	case models.KindUnavailable:
		return "unavailable"
	case models.KindCorrupt:
		return "corrupt"
	}
	return "internal"
}
