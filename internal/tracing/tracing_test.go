package tracing_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/tracing"
	"auto-message-sender/internal/webhook"
)

// scene is tracing with a collector that answers what a test says.
type scene struct {
	*tracing.Tracing

	t   *testing.T
	log *bytes.Buffer

	mu      sync.Mutex
	answers []int // statuses, the last for ever; none: 200
	posts   int
	spans   []*tracepb.Span
	now     time.Time
}

func setup(t *testing.T, environ map[string]string, answers ...int) *scene {
	t.Helper()
	s := &scene{t: t, log: new(bytes.Buffer), answers: answers, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	collector := httptest.NewServer(s)
	t.Cleanup(collector.Close)
	all := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_EXPORTER_OTLP_TIMEOUT": "5000"}
	maps.Copy(all, environ)
	settings, err := tracing.ReadSettings(all)
	require.NoError(t, err)
	log := logrus.New()
	log.SetOutput(s.log)
	s.Tracing, err = tracing.New(tracing.Options{Settings: settings, Version: "1.2.3", Replica: "r", Now: s.clock, Log: log})
	require.NoError(t, err)
	return s
}

func (s *scene) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// ServeHTTP is the collector.
func (s *scene) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(r.Body)
	}
	content, _ := io.ReadAll(body)
	data := new(tracepb.TracesData)
	s.mu.Lock()
	defer s.mu.Unlock()
	status := http.StatusOK
	if len(s.answers) > 0 {
		status = s.answers[min(s.posts, len(s.answers)-1)]
	}
	s.posts++
	if status == http.StatusOK && proto.Unmarshal(content, data) == nil {
		for _, resource := range data.GetResourceSpans() {
			s.spans = append(s.spans, resource.GetScopeSpans()[0].GetSpans()...)
		}
	}
	w.WriteHeader(status)
}

// end exports all that there is, and returns it.
func (s *scene) end() []*tracepb.Span {
	s.t.Helper()
	require.NoError(s.t, s.Close(context.Background()))
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spans
}

func claimed() models.Claimed {
	return models.Claimed{Claim: models.Claim{ID: models.ID{Text: "m-1"}}, To: "+905551234567", Content: "a secret content", Attempt: 2}
}

// attempt makes the trace of one.
func (s *scene) attempt(reply webhook.Reply, outcome dispatch.AttemptOutcome) {
	s.t.Helper()
	period := dispatch.Period{From: s.clock(), To: s.clock().Add(time.Millisecond)}
	trace := s.Follow(claimed(), period)
	require.NotNil(s.t, trace)
	trace.Sent(reply)
	trace.Recorded(outcome, true, period)
}

func byName(spans []*tracepb.Span) map[string]*tracepb.Span {
	all := map[string]*tracepb.Span{}
	for _, span := range spans {
		all[span.GetName()] = span
	}
	return all
}

func TestFollow_NoSpanHasANumberOrAContentOrWhatTheWebhookSaid(t *testing.T) {
	t.Parallel()
	s := setup(t, map[string]string{"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"})
	s.attempt(webhook.Reply{
		Verdict: webhook.Refused, StatusCode: 400, Cause: webhook.Cause4xx, Code: "http_400", Reason: "webhook answered 400", Detail: "bad number +905551234567",
	}, dispatch.AttemptFailed)
	spans := s.end()
	require.Len(t, spans, 4)
	for _, span := range spans {
		require.NotContains(t, span.String(), "905551234567")
		require.NotContains(t, span.String(), "secret content")
	}
	named := byName(spans)
	require.Equal(t, tracepb.Status_STATUS_CODE_ERROR, named["message"].GetStatus().GetCode())
	require.Equal(t, tracepb.Status_STATUS_CODE_ERROR, named["send"].GetStatus().GetCode())
	require.Equal(t, "4xx", named["send"].GetStatus().GetMessage())
}

func TestFollow_AnAttemptThatDidNotBeginIsNoError(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	s.attempt(webhook.Reply{Verdict: webhook.NotBegun, Cause: webhook.CauseBreaker}, dispatch.AttemptNotBegun)
	named := byName(s.end())
	require.Equal(t, tracepb.Status_STATUS_CODE_UNSET, named["send"].GetStatus().GetCode())
	require.Contains(t, named["send"].String(), "breaker")
}

func TestFollow_SampledOutThereIsNoTraceAtAll(t *testing.T) {
	t.Parallel()
	s := setup(t, map[string]string{"OTEL_TRACES_SAMPLER": "always_off"})
	require.Nil(t, s.Follow(claimed(), dispatch.Period{}))
	ctx, id, end := s.Request(t.Context(), http.Header{}, http.MethodGet, "/x")
	require.Empty(t, id)
	_, ended := s.Watch(ctx, "accept")
	require.Nil(t, ended)
	end(http.StatusOK)
	require.Empty(t, s.end())
}

func TestRequest_HonoursWhetherTheCallerKeepsItsTrace(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	for flags, kept := range map[string]bool{"00": false, "01": true} {
		header := http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-" + flags}}
		_, id, end := s.Request(t.Context(), header, http.MethodGet, "/x")
		end(http.StatusInternalServerError)
		require.Equal(t, kept, id == "0af7651916cd43dd8448eb211c80319c", flags)
	}
	for _, wrong := range []string{"", "x", "00-0-0-01", strings.Repeat("0", 60)} {
		_, id, end := s.Request(t.Context(), http.Header{"Traceparent": {wrong}}, http.MethodGet, "")
		end(http.StatusNotFound)
		require.Len(t, id, 32)
	}
	spans := s.end()
	require.Len(t, spans, 5)
	require.Equal(t, tracepb.Status_STATUS_CODE_ERROR, byName(spans)["GET /x"].GetStatus().GetCode())
	require.Equal(t, tracepb.Status_STATUS_CODE_UNSET, byName(spans)["GET"].GetStatus().GetCode())
}

func TestWatch_TellsTheKindOfAnErrorAndNotItsText(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	ctx, _, end := s.Request(t.Context(), http.Header{}, http.MethodPost, "/x")
	for name, err := range map[string]error{
		"unavailable": models.Unavailable("+905551234567", context.DeadlineExceeded), "conflict": models.Conflict("+905551234567"),
		"not_found": models.NotFound("+905551234567"), "internal": io.ErrUnexpectedEOF, "invalid": models.Invalid(),
	} {
		_, ended := s.Watch(ctx, name)
		ended(0, err)
	}
	end(http.StatusOK)
	_, ended := s.Watch(t.Context(), "in the background")
	require.Nil(t, ended)
	spans := s.end()
	require.Len(t, spans, 6)
	for _, span := range spans {
		require.NotContains(t, span.String(), "905551234567")
	}
	require.Equal(t, tracepb.Status_STATUS_CODE_ERROR, byName(spans)["store unavailable"].GetStatus().GetCode())
	require.Equal(t, tracepb.Status_STATUS_CODE_UNSET, byName(spans)["store conflict"].GetStatus().GetCode())
}

func TestExport_TriesAgainWhereThatMayHelp(t *testing.T) {
	t.Parallel()
	s := setup(t, nil, http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusOK)
	s.attempt(webhook.Reply{Verdict: webhook.Accepted}, dispatch.AttemptSent)
	require.Len(t, s.end(), 4)
	require.Equal(t, 3, s.posts)
	require.NotContains(t, s.log.String(), "cannot be exported")
}

func TestExport_WhatIsRefusedIsLostAndTold(t *testing.T) {
	t.Parallel()
	s := setup(t, nil, http.StatusUnauthorized)
	s.attempt(webhook.Reply{Verdict: webhook.Accepted}, dispatch.AttemptSent)
	require.Empty(t, s.end())
	require.Equal(t, 1, s.posts)
	require.Contains(t, s.log.String(), "the collector answered 401")
	require.Contains(t, s.log.String(), "spans_lost=4")
}

func TestClose_GivesUpWhenItsTimeIsUp(t *testing.T) {
	t.Parallel()
	s := setup(t, map[string]string{"OTEL_EXPORTER_OTLP_TIMEOUT": "300"}, http.StatusServiceUnavailable)
	s.attempt(webhook.Reply{Verdict: webhook.Accepted}, dispatch.AttemptSent)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.Error(t, s.Close(ctx))
	require.Eventually(t, func() bool { return s.Close(context.Background()) == nil }, 5*time.Second, 10*time.Millisecond)
}

func TestNew_NeedsSettingsThatAskForIt(t *testing.T) {
	t.Parallel()
	_, err := tracing.New(tracing.Options{})
	require.Error(t, err)
}

func benchmark(b *testing.B, sampler string) {
	b.Helper()
	settings, err := tracing.ReadSettings(map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_SAMPLER": sampler, "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
	})
	require.NoError(b, err)
	log := logrus.New()
	log.SetOutput(io.Discard)
	made, err := tracing.New(tracing.Options{Settings: settings, Now: func() time.Time { return time.Time{} }, Log: log})
	require.NoError(b, err)
	message, period := claimed(), dispatch.Period{}
	b.ReportAllocs()
	for b.Loop() {
		if trace := made.Follow(message, period); trace != nil {
			_ = trace.TraceParent()
			trace.Sent(webhook.Reply{Verdict: webhook.Accepted, StatusCode: 200})
			trace.Recorded(dispatch.AttemptSent, true, period)
		}
	}
	b.StopTimer()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = made.Close(ctx)
}

func BenchmarkFollow_SampledOut(b *testing.B) { benchmark(b, "always_off") }

func BenchmarkFollow_Kept(b *testing.B) { benchmark(b, "always_on") }
