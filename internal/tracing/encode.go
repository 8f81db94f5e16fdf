package tracing

import (
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// encode writes spans as an ExportTraceServiceRequest: on the wire it is TracesData,
// whose package does not need gRPC. All spans are of one resource and one scope: ours.
func encode(spans []sdktrace.ReadOnlySpan) ([]byte, error) {
	if len(spans) == 0 {
		return nil, nil
	}
	all := make([]*tracepb.Span, len(spans))
	for i, span := range spans {
		all[i] = encodeSpan(span)
	}
	first := spans[0]
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource: &resourcepb.Resource{Attributes: encodeAttributes(first.Resource().Attributes())},
		ScopeSpans: []*tracepb.ScopeSpans{{
			Scope: &commonpb.InstrumentationScope{
				Name: first.InstrumentationScope().Name, Version: first.InstrumentationScope().Version,
			},
			Spans: all,
		}},
	}}})
	if err != nil {
		return nil, fmt.Errorf("encode spans: %w", err)
	}
	return body, nil
}

func encodeSpan(span sdktrace.ReadOnlySpan) *tracepb.Span {
	traceID, spanID := span.SpanContext().TraceID(), span.SpanContext().SpanID()
	encoded := &tracepb.Span{
		TraceId: traceID[:], SpanId: spanID[:], TraceState: span.SpanContext().TraceState().String(),
		Flags: uint32(span.SpanContext().TraceFlags()), Name: span.Name(), Kind: kindOf(span.SpanKind()),
		StartTimeUnixNano: nanoseconds(span.StartTime()), EndTimeUnixNano: nanoseconds(span.EndTime()),
		Attributes: encodeAttributes(span.Attributes()), Status: &tracepb.Status{Message: span.Status().Description},
	}
	if parent := span.Parent().SpanID(); parent.IsValid() {
		encoded.ParentSpanId = parent[:]
	}
	switch span.Status().Code {
	case codes.Error:
		encoded.Status.Code = tracepb.Status_STATUS_CODE_ERROR
	case codes.Ok:
		encoded.Status.Code = tracepb.Status_STATUS_CODE_OK
	case codes.Unset:
	}
	return encoded
}

func nanoseconds(at time.Time) uint64 { return uint64(max(0, at.UnixNano())) }

func kindOf(kind trace.SpanKind) tracepb.Span_SpanKind {
	switch kind {
	case trace.SpanKindServer:
		return tracepb.Span_SPAN_KIND_SERVER
	case trace.SpanKindClient:
		return tracepb.Span_SPAN_KIND_CLIENT
	case trace.SpanKindProducer:
		return tracepb.Span_SPAN_KIND_PRODUCER
	case trace.SpanKindConsumer:
		return tracepb.Span_SPAN_KIND_CONSUMER
	case trace.SpanKindInternal, trace.SpanKindUnspecified:
	}
	return tracepb.Span_SPAN_KIND_INTERNAL
}

// encodeAttributes knows the kinds of values that we set.
func encodeAttributes(attributes []attribute.KeyValue) []*commonpb.KeyValue {
	encoded := make([]*commonpb.KeyValue, len(attributes))
	for i, each := range attributes {
		value := new(commonpb.AnyValue)
		switch each.Value.Type() { //nolint:exhaustive // no others are set
		case attribute.BOOL:
			value.Value = &commonpb.AnyValue_BoolValue{BoolValue: each.Value.AsBool()}
		case attribute.INT64:
			value.Value = &commonpb.AnyValue_IntValue{IntValue: each.Value.AsInt64()}
		case attribute.FLOAT64:
			value.Value = &commonpb.AnyValue_DoubleValue{DoubleValue: each.Value.AsFloat64()}
		default:
			value.Value = &commonpb.AnyValue_StringValue{StringValue: each.Value.String()}
		}
		encoded[i] = &commonpb.KeyValue{Key: string(each.Key), Value: value}
	}
	return encoded
}
