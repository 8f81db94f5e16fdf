package e2e_test

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// span is one as a collector has got it.
type span struct {
	*tracepb.Span

	resource string // its attributes
}

func (s span) trace() string { return hex.EncodeToString(s.GetTraceId()) }

func (s span) id() string { return hex.EncodeToString(s.GetSpanId()) }

// attribute returns the text of an attribute, empty where there is none.
func (s span) attribute(name string) string {
	for _, attribute := range s.GetAttributes() {
		if attribute.GetKey() == name {
			if text := attribute.GetValue().GetStringValue(); text != "" {
				return text
			}
			return fmt.Sprint(attribute.GetValue().GetIntValue())
		}
	}
	return ""
}

// collector receives spans by OTLP over HTTP.
type collector struct {
	*httptest.Server

	mu    sync.Mutex
	spans []span
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := new(collector)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		data := new(tracepb.TracesData)
		if r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" ||
			r.Header.Get("X-Tenant") != "the key" || proto.Unmarshal(body, data) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, resource := range data.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				for _, each := range scope.GetSpans() {
					c.spans = append(c.spans, span{each, resource.GetResource().String()})
				}
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) seen() []span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]span(nil), c.spans...)
}

// named returns the spans with the name, and of one trace where it is not empty.
func (c *collector) named(name, trace string) (found []span) {
	for _, each := range c.seen() {
		if each.GetName() == name && (trace == "" || trace == each.trace()) {
			found = append(found, each)
		}
	}
	return found
}

func TestTraces_FollowARequestIntoTheStoreAndAMessageToTheWebhook(t *testing.T) {
	t.Parallel()
	spans := newCollector(t)
	var mu sync.Mutex
	parents := map[string][]string{} // the traceparent of each call, by key
	hook := newReceiver(t, nil)
	hook.answer = func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		key := r.Header.Get("Idempotency-Key")
		parents[key] = append(parents[key], r.Header.Get("Traceparent"))
		if len(parents[key]) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		hook.accept(w, key)
	}
	p := serve(t, map[string]string{
		"WEBHOOK_URL": hook.URL, "MESSAGES_PER_INTERVAL": "0", "REPLICA_ID": "r-1", "LOG_FORMAT": "json",
		"OTEL_EXPORTER_OTLP_ENDPOINT": spans.URL, "OTEL_EXPORTER_OTLP_HEADERS": "X-Tenant=the%20key",
		"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test", "OTEL_BSP_SCHEDULE_DELAY": "100",
	})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL("/api/v1/messages"),
		strings.NewReader(`{"to":"+905551110000","content":"a secret content"}`))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusCreated, answer.StatusCode)
	id := answer.Header.Get("Location")[len("/api/v1/messages/"):]
	p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	p.waitForSent(1)
	require.Eventually(t, func() bool { return len(spans.named("record", "")) == 2 }, patience, 20*time.Millisecond)

	posts := spans.named("POST /api/v1/messages", "0af7651916cd43dd8448eb211c80319c")
	require.Len(t, posts, 1)
	require.Equal(t, "b7ad6b7169203331", hex.EncodeToString(posts[0].GetParentSpanId()), "an incoming traceparent is honoured")
	require.Equal(t, "201", posts[0].attribute("http.response.status_code"))
	accepts := spans.named("store accept", posts[0].trace())
	require.Len(t, accepts, 1)
	require.Equal(t, posts[0].GetSpanId(), accepts[0].GetParentSpanId())

	attempts := spans.named("message", "")
	require.Len(t, attempts, 2, "a trace for each attempt")
	require.NotEqual(t, attempts[0].trace(), attempts[1].trace())
	for i, want := range []struct{ status, outcome, wrong string }{{"503", "retry", "5xx"}, {"202", "sent", ""}} {
		root := attempts[i]
		require.Empty(t, root.GetParentSpanId())
		require.Equal(t, id, root.attribute("ams.message.id"))
		require.Equal(t, "r-1", root.attribute("ams.replica"))
		require.Equal(t, fmt.Sprint(i+1), root.attribute("ams.attempt"))
		require.Equal(t, want.outcome, root.attribute("ams.outcome"))
		require.Contains(t, root.resource, "deployment.environment.name")
		for _, name := range []string{"claim", "send", "record"} {
			steps := spans.named(name, root.trace())
			require.Len(t, steps, 1, name)
			require.Equal(t, root.GetSpanId(), steps[0].GetParentSpanId(), name)
			require.GreaterOrEqual(t, steps[0].GetStartTimeUnixNano(), root.GetStartTimeUnixNano(), name)
			require.LessOrEqual(t, steps[0].GetEndTimeUnixNano(), root.GetEndTimeUnixNano(), name)
		}
		send := spans.named("send", root.trace())[0]
		require.Equal(t, tracepb.Span_SPAN_KIND_CLIENT, send.GetKind())
		require.Equal(t, "POST", send.attribute("http.request.method"))
		require.Equal(t, want.status, send.attribute("http.response.status_code"))
		require.Equal(t, want.wrong, send.attribute("error.type"))
		mu.Lock()
		require.Equal(t, "00-"+root.trace()+"-"+send.id()+"-01", parents[id][i], "the webhook is told of the call's span")
		mu.Unlock()
		require.Contains(t, p.Stderr.String(), `"trace_id":"`+root.trace()+`"`, "in the line of the attempt")
	}
	require.Contains(t, p.Stderr.String(), `"trace_id":"0af7651916cd43dd8448eb211c80319c"`, "in the line of the request")

	for _, each := range spans.seen() {
		text := each.String() + each.resource
		require.NotContains(t, text, "90555111")
		require.NotContains(t, text, "secret content")
		require.NotContains(t, text, "readyz", "probes come for ever")
	}
	require.NotContains(t, p.Stderr.String(), "not a setting")
	p.signal(syscall.SIGTERM)
	require.Zero(t, p.exit())
}

func TestTraces_ACollectorThatIsAwayNeitherStopsNorSlowsAnything(t *testing.T) {
	t.Parallel()
	hook := newReceiver(t, nil)
	p := serve(t, map[string]string{
		"WEBHOOK_URL": hook.URL, "MESSAGES_PER_INTERVAL": "0",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces", "OTEL_BSP_SCHEDULE_DELAY": "50",
	})
	p.accept(30)
	p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	p.waitForSent(30)
	const line = "traces cannot be exported"
	require.Eventually(t, func() bool { return strings.Contains(p.Stderr.String(), line) }, patience, 20*time.Millisecond)
	p.signal(syscall.SIGTERM)
	require.Zero(t, p.exit())
	require.Equal(t, 1, strings.Count(p.Stderr.String(), line), "once a minute")
}

func TestTraces_SpansThatWaitAreExportedAtTheEnd(t *testing.T) {
	t.Parallel()
	spans, hook := newCollector(t), newReceiver(t, nil)
	p := serve(t, map[string]string{
		"WEBHOOK_URL": hook.URL, "MESSAGES_PER_INTERVAL": "0", "OTEL_BSP_SCHEDULE_DELAY": "600000",
		"OTEL_EXPORTER_OTLP_ENDPOINT": spans.URL, "OTEL_EXPORTER_OTLP_HEADERS": "X-Tenant=the%20key",
	})
	p.accept(3)
	p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	p.waitForSent(3)
	p.signal(syscall.SIGTERM)
	require.Zero(t, p.exit())
	require.Len(t, spans.named("message", ""), 3)
	require.Len(t, spans.named("record", ""), 3)
}

func TestTraces_WhatIsNotToBeHadIsRefusedByName(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_TRACES_SAMPLER": "jaeger_remote", "OTEL_EXPORTER_OTLP_CLIENT_KEY": "/key.pem",
	} {
		p := serveUnready(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", name: value})
		require.NotZero(t, p.exit(), name)
		require.Contains(t, p.Stderr.String(), name)
	}
}
