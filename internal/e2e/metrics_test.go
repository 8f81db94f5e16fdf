package e2e_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/e2e/program"
)

// samples is a scrape: the value of each sample, by name and labels as Prometheus
// writes them. Of a histogram it is how many there were.
type samples map[string]float64

// scrape reads what can be scraped at the address, with the key, which may be empty.
func scrape(t *testing.T, address, key string) (samples, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	require.Equal(t, http.StatusOK, response.StatusCode)
	page, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(page)))
	require.NoError(t, err)
	found := samples{}
	for name, family := range families {
		for _, metric := range family.GetMetric() {
			found[name+labelsOf(metric)] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	return found, string(page)
}

func labelsOf(metric *dto.Metric) string {
	if len(metric.GetLabel()) == 0 {
		return ""
	}
	var labels []string
	for _, label := range metric.GetLabel() { // in the order of their names
		labels = append(labels, fmt.Sprintf("%s=%q", label.GetName(), label.GetValue()))
	}
	return "{" + strings.Join(labels, ",") + "}"
}

func TestMetrics_CountExactlyWhatHappened(t *testing.T) {
	t.Parallel()
	hook := newReceiver(t, nil)
	hook.answer = func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		switch call := hook.call(t, key); {
		case strings.Contains(call.body, "message 3"):
			w.WriteHeader(http.StatusBadRequest)
		case strings.Contains(call.body, "message 4") && hook.perKey()[key] == 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			hook.accept(w, key)
		}
	}
	port := program.FreePort(t)
	p := serve(t, map[string]string{
		"WEBHOOK_URL": hook.URL, "METRICS_ADDR": "127.0.0.1:" + strconv.Itoa(port), "SCHEDULER_INTERVAL": "1h", "MESSAGES_PER_INTERVAL": "6",
	})
	page := fmt.Sprintf("http://127.0.0.1:%d/metrics", port)
	ids := p.accept(6)
	p.must(http.StatusOK, "POST", "/api/v1/messages/"+ids[5]+"/cancel", "")
	p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	p.waitForSent(4)
	p.must(http.StatusOK, "DELETE", "/api/v1/messages/"+ids[0], "")
	p.must(http.StatusNotFound, "GET", "/api/v1/messages/+905551119999", "")
	for range 3 {
		p.must(http.StatusNotFound, "GET", "/nothing/+905551119999", "")
	}

	var found samples
	var text string
	want := samples{
		`ams_messages_total{outcome="accepted"}`: 6, `ams_messages_total{outcome="sent"}`: 4, `ams_messages_total{outcome="failed"}`: 1,
		`ams_messages_total{outcome="canceled"}`: 1, `ams_messages_total{outcome="erased"}`: 1, `ams_messages_total{outcome="expired"}`: 0,
		`ams_attempts_total{outcome="sent",reason="2xx"}`: 4, `ams_attempts_total{outcome="failed",reason="4xx"}`: 1,
		`ams_attempts_total{outcome="retry",reason="5xx"}`: 1, `ams_attempt_duration_seconds`: 6,
		`ams_claimed_messages_total`: 6, `ams_recorded_messages_total`: 6, `ams_fenced_outcomes_total`: 0, `ams_lease_rescues_total`: 0,
		`ams_windows_opened_total`: 1, `ams_windows_missed_total`: 0, `ams_window_interval_seconds`: 3600, `ams_messages_per_window`: 6,
		`ams_scheduler_running`: 1, `ams_store_up`: 1, `ams_in_flight`: 0, `ams_max_in_flight`: 64,
		`ams_queue_messages{status="sent"}`: 4, `ams_queue_messages{status="failed"}`: 1, `ams_queue_messages{status="canceled"}`: 1,
		`ams_queue_messages{status="pending"}`: 0, `ams_oldest_waiting_age_seconds`: 0,
		`ams_webhook_breaker_state{state="closed"}`: 1, `ams_webhook_breaker_state{state="open"}`: 0,
		`ams_replicas{state="live"}`: 1, `ams_replicas{state="gone"}`: 0, `ams_event_listeners`: 0,
		`ams_store_errors_total{operation="claim"}`: 0, `ams_store_errors_total{operation="request"}`: 0,
		`ams_http_requests_total{code="201",method="POST",route="/api/v1/messages"}`:    6,
		`ams_http_requests_total{code="404",method="GET",route="/api/v1/messages/:id"}`: 1,
		`ams_http_requests_total{code="404",method="GET",route="none"}`:                 3,
		`ams_http_request_duration_seconds{method="GET",route="none"}`:                  3,
	}
	// What the store knows is up to five seconds old.
	counted := func() samples {
		found, text = scrape(t, page, "")
		maps.DeleteFunc(found, func(name string, _ float64) bool { _, asked := want[name]; return !asked })
		return found
	}
	deadline := time.Now().Add(patience)                                                                                 //nolint:forbidigo // real processes
	for tick := time.Tick(200 * time.Millisecond); !maps.Equal(want, counted()) && time.Now().Before(deadline); <-tick { //nolint:forbidigo // likewise
	}
	require.Equal(t, want, found)
	require.Contains(t, text, "ams_build_info{")
	require.Regexp(t, `(?m)^ams_last_window_timestamp_seconds [1-9]`, text)
	for _, sensitive := range append(ids, "90555111", "message 0", "provider-") {
		require.NotContains(t, text, sensitive)
	}

	status, _, err := p.try("GET", "/metrics", "")
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, status, "not on the API's listener, unless asked")
	p.signal(syscall.SIGTERM)
	require.Zero(t, p.exit())
}
