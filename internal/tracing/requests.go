package tracing

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Request begins the span of a request, in the trace that its header names or in one
// of its own. The route is a template: a path is its client's to write. The id names
// the trace, and is empty where it is not kept; end must be called with the status.
func (t *Tracing) Request(ctx context.Context, header http.Header, method, route string) (_ context.Context, id string, end func(status int)) {
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(header))
	name := method
	if route != "" {
		name += " " + route
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer))
	if !span.IsRecording() {
		return ctx, "", func(int) {}
	}
	span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route), t.replica)
	return ctx, span.SpanContext().TraceID().String(), func(status int) {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, http.StatusText(status))
		}
		span.End()
	}
}
