package metrics_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/internal/metrics"
	"auto-message-sender/internal/models"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errAway = errors.New("dial tcp 10.0.0.7:27017: connection refused")

// store answers what a test says.
type store struct {
	mu        sync.Mutex
	asked     int
	err       error
	hangs     bool
	counts    models.Counts
	oldest    time.Time
	scheduler models.Scheduler
	replicas  []models.Replica
	now       time.Time
}

func (s *store) answer(ctx context.Context) error {
	s.mu.Lock()
	s.asked++
	err, hangs := s.err, s.hangs
	s.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return ctx.Err() //nolint:wrapcheck // as a driver would
	}
	return err
}

func (s *store) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *store) Counts(ctx context.Context) (models.Counts, error) { return s.counts, s.answer(ctx) }

func (s *store) OldestWaiting(ctx context.Context) (time.Time, error) { return s.oldest, s.answer(ctx) }

func (s *store) Scheduler(ctx context.Context) (models.Scheduler, error) {
	return s.scheduler, s.answer(ctx)
}

func (s *store) Replicas(ctx context.Context) ([]models.Replica, error) {
	return s.replicas, s.answer(ctx)
}

func (s *store) Now() time.Time { return s.now }

// scene is metrics with all their sources.
type scene struct {
	*metrics.Metrics

	t     *testing.T
	store *store
	now   time.Time
	redis error
}

func setup(t *testing.T) *scene {
	t.Helper()
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := &scene{t: t, now: began, store: &store{
		now: began, oldest: began.Add(-90 * time.Second),
		counts: models.Counts{models.StatusPending: 12, models.StatusSent: 3},
		scheduler: models.Scheduler{
			Running: true, StartedAt: began.Add(-10 * time.Minute), NextWindowAt: began.Add(time.Minute),
			Pace: models.Pace{Interval: 2 * time.Minute, PerWindow: 2}, WindowSeq: 5,
		},
		replicas: []models.Replica{{ID: "a", SeenAt: began}, {ID: "b", SeenAt: began.Add(-time.Hour)}, {ID: "c", SeenAt: began.Add(-10 * time.Second)}},
	}}
	made, err := metrics.New(metrics.Options{
		Build: metrics.Build{Version: "1.2.3", Commit: "0123abcd", GoVersion: "go1.26"}, Now: func() time.Time { return s.now }, Log: silent(),
	})
	require.NoError(t, err)
	s.Metrics = made
	return s
}

func silent() *logrus.Logger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return log
}

// look gives the metrics all that they ask.
func (s *scene) look() *scene {
	s.Look(metrics.Sources{
		Store: s.store, StoreUp: s.store.answer, Redis: func(context.Context) error { return s.redis },
		Webhook:  func() models.WebhookHealth { return models.WebhookHealth{State: models.WebhookOpen} },
		InFlight: func() int { return 7 }, MaxInFlight: 64, Listeners: func() int { return 2 },
	})
	return s
}

// page returns what a scrape answers.
func (s *scene) page() string {
	s.t.Helper()
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(s.t, http.StatusOK, answer.Code)
	return answer.Body.String()
}

// scrape returns the page as Prometheus reads it.
func (s *scene) scrape() map[string]*dto.MetricFamily {
	s.t.Helper()
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, "/metrics", nil))
	require.Equal(s.t, http.StatusOK, answer.Code)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(answer.Body)
	require.NoError(s.t, err)
	return families
}

// value returns one sample: of a histogram, how many there were.
func value(t *testing.T, families map[string]*dto.MetricFamily, name string, labels ...string) float64 {
	t.Helper()
	require.Contains(t, families, name)
	for _, metric := range families[name].GetMetric() {
		if hasLabels(metric, labels) {
			return metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	require.Failf(t, "no such sample", "%s %v", name, labels)
	return 0
}

// hasLabels reports whether a metric has these labels, given as name, value, name, value.
func hasLabels(metric *dto.Metric, labels []string) bool {
	has := map[string]string{}
	for _, label := range metric.GetLabel() {
		has[label.GetName()] = label.GetValue()
	}
	for i := 0; i+1 < len(labels); i += 2 {
		if has[labels[i]] != labels[i+1] {
			return false
		}
	}
	return true
}
