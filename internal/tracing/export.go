package tracing

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/sirupsen/logrus"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	// tellEvery is how often the log is told that spans are lost.
	tellEvery = time.Minute
	// maxTries bounds how often one batch is POSTed.
	maxTries  = 4
	firstWait = 500 * time.Millisecond
	// maxAnswer bounds what is read of an answer, so that its connection is used again.
	maxAnswer = 64 << 10
)

// exporter POSTs spans (OTLP/HTTP, in protobuf). The one that OpenTelemetry has links
// gRPC in: docs/decisions/0018-telemetry.md.
type exporter struct {
	settings Settings
	client   *http.Client
	now      func() time.Time
	log      logrus.FieldLogger

	mu   sync.Mutex
	told time.Time // zero: not since an export succeeded
	lost int       // spans, since then
}

func newExporter(settings Settings, now func() time.Time, log logrus.FieldLogger) *exporter {
	return &exporter{
		settings: settings, now: now, log: log.WithField("part", "traces"),
		client: &http.Client{
			// One of our own: its proxy is what the environment says, as everywhere for OTLP.
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConns: 2, IdleConnTimeout: tellEvery, ForceAttemptHTTP2: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // headers hold keys
		},
	}
}

// ExportSpans is part of sdktrace.SpanExporter. It never fails: what cannot be
// exported is lost, and told here.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	body, err := e.pack(spans)
	if err == nil {
		_, err = backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, e.post(ctx, body) },
			backoff.WithMaxTries(maxTries), backoff.WithBackOff(&backoff.ExponentialBackOff{
				InitialInterval: firstWait, MaxInterval: e.settings.Timeout, Multiplier: 2, RandomizationFactor: 0.5,
			}))
	}
	e.tell(err, len(spans))
	return nil
}

// Shutdown is part of sdktrace.SpanExporter.
func (e *exporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}

func (e *exporter) pack(spans []sdktrace.ReadOnlySpan) ([]byte, error) {
	body, err := encode(spans)
	if err != nil || !e.settings.Gzip {
		return body, err
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, err = writer.Write(body)
	if err = errors.Join(err, writer.Close()); err != nil {
		return nil, fmt.Errorf("compress spans: %w", err)
	}
	return packed.Bytes(), nil
}

// post sends a batch once. What may be different the next time is as the specification
// of OTLP has it: no answer, 429, 502, 503 and 504.
func (e *exporter) post(ctx context.Context, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.settings.Endpoint, bytes.NewReader(body))
	if err != nil {
		return backoff.Permanent(errors.New("the endpoint is no address")) //nolint:wrapcheck // it marks the error
	}
	request.Header = e.settings.Header.Clone()
	if e.settings.Gzip {
		request.Header.Set("Content-Encoding", "gzip")
	}
	answer, err := e.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask the collector: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	switch status := answer.StatusCode; {
	case status >= 200 && status <= 299:
		return nil
	case status == http.StatusTooManyRequests, status == http.StatusBadGateway,
		status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout:
		return fmt.Errorf("the collector answered %d", status)
	default:
		return backoff.Permanent(fmt.Errorf("the collector answered %d", status)) //nolint:wrapcheck // likewise
	}
}

// tell logs that spans are lost: when it begins, once a minute while it lasts, and
// when it is over.
func (e *exporter) tell(err error, spans int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	switch {
	case err == nil && e.told.IsZero():
	case err == nil:
		e.log.WithField("spans_lost", e.lost).Info("traces are exported again")
		e.told, e.lost = time.Time{}, 0
	default:
		e.lost += spans
		if e.told.IsZero() || now.Sub(e.told) >= tellEvery {
			e.told = now
			e.log.WithError(err).WithField("spans_lost", e.lost).
				Warn("traces cannot be exported (OTEL_EXPORTER_OTLP_ENDPOINT); messages are sent all the same")
		}
	}
}
