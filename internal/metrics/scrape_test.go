package metrics_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

func TestScrape_HasNothingThatPromlintMinds(t *testing.T) {
	t.Parallel()
	s := setup(t).look()
	everything(s)
	problems, err := promlint.New(strings.NewReader(s.page())).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestScrape_TellsWhatTheStoreKnows(t *testing.T) {
	t.Parallel()
	s := setup(t).look()
	found := s.scrape()
	for _, want := range []struct {
		value  float64
		name   string
		labels []string
	}{
		{1, "ams_build_info", []string{"version", "1.2.3", "commit", "0123abcd", "goversion", "go1.26"}},
		{1, "ams_store_up", nil},
		{1, "ams_redis_up", nil},
		{12, "ams_queue_messages", []string{"status", "pending"}},
		{3, "ams_queue_messages", []string{"status", "sent"}},
		{0, "ams_queue_messages", []string{"status", "expired"}},
		{90, "ams_oldest_waiting_age_seconds", nil},
		{7, "ams_in_flight", nil},
		{64, "ams_max_in_flight", nil},
		{1, "ams_scheduler_running", nil},
		{120, "ams_window_interval_seconds", nil},
		{2, "ams_messages_per_window", nil},
		{float64(s.now.Add(-time.Minute).Unix()), "ams_last_window_timestamp_seconds", nil},
		{1, "ams_webhook_breaker_state", []string{"state", "open"}},
		{0, "ams_webhook_breaker_state", []string{"state", "closed"}},
		{2, "ams_replicas", []string{"state", "live"}},
		{1, "ams_replicas", []string{"state", "gone"}},
		{2, "ams_event_listeners", nil},
	} {
		require.InDelta(t, want.value, value(t, found, want.name, want.labels...), 1e-6, "%s %v", want.name, want.labels)
	}
	require.Len(t, found["ams_queue_messages"].GetMetric(), len(models.Statuses()))
	require.Contains(t, found, "go_goroutines")
	require.Contains(t, found, "process_start_time_seconds")
}

func TestScrape_TheLastWindowIsZeroBeforeTheFirstAndWhileStopped(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*models.Scheduler){
		"before the first": func(s *models.Scheduler) { s.NextWindowAt = s.StartedAt },
		"stopped":          func(s *models.Scheduler) { *s = s.Stopped(models.SchedulerLog{}) },
		"never started":    func(s *models.Scheduler) { *s = models.Scheduler{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t).look()
			change(&s.store.scheduler)
			require.Zero(t, value(t, s.scrape(), "ams_last_window_timestamp_seconds"))
		})
	}
}

func TestScrape_WhileTheStoreIsWaitedForSaysThatItIsAway(t *testing.T) {
	t.Parallel()
	found := setup(t).scrape()
	require.Zero(t, value(t, found, "ams_store_up"))
	require.InDelta(t, 1, value(t, found, "ams_build_info"), 0)
	require.NotContains(t, found, "ams_queue_messages")
}

func TestScrape_AStoreThatIsAwayIsSaidAndWhatItKnowsLeftOut(t *testing.T) {
	t.Parallel()
	s := setup(t).look()
	s.store.set(func() { s.store.err = errAway })
	s.redis = errAway
	found := s.scrape()
	require.Zero(t, value(t, found, "ams_store_up"))
	require.Zero(t, value(t, found, "ams_redis_up"))
	for _, name := range []string{
		"ams_queue_messages", "ams_oldest_waiting_age_seconds", "ams_scheduler_running", "ams_replicas",
		"ams_window_interval_seconds", "ams_messages_per_window", "ams_last_window_timestamp_seconds",
	} {
		require.NotContains(t, found, name)
	}
	require.InDelta(t, 7, value(t, found, "ams_in_flight"), 0)
	require.NotContains(t, s.page(), "10.0.0.7")

	s.now = s.now.Add(5 * time.Second)
	s.store.set(func() { s.store.err = nil })
	found = s.scrape()
	require.InDelta(t, 1, value(t, found, "ams_store_up"), 0)
	require.InDelta(t, 12, value(t, found, "ams_queue_messages", "status", "pending"), 0)
}

func TestScrape_AHangingStoreOrRedisHoldsItUpForTwoSecondsAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t)
		s.store.hangs = true
		s.look()
		began := time.Now() //nolint:forbidigo // the bubble's
		require.Zero(t, value(t, s.scrape(), "ams_store_up"))
		require.LessOrEqual(t, time.Since(began), 2*time.Second)
	})
}

func TestScrape_AHangingRedisDoesNotMakeTheStoreLookAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := setup(t)
		s.look()
		sources := sourcesOf(s)
		sources.Redis = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		s.Look(sources)
		found := s.scrape()
		require.InDelta(t, 1, value(t, found, "ams_store_up"), 0)
		require.Zero(t, value(t, found, "ams_redis_up"))
	})
}

func TestScrape_AsksTheStoreOnceInFiveSecondsHoweverManyScrape(t *testing.T) {
	t.Parallel()
	s := setup(t).look()
	s.scrape()
	once := s.store.asked
	for range 10 {
		s.scrape()
	}
	s.now = s.now.Add(4999 * time.Millisecond)
	s.scrape()
	require.Equal(t, once, s.store.asked)
	s.now = s.now.Add(time.Millisecond)
	s.scrape()
	require.Equal(t, 2*once, s.store.asked)
}

func TestScrape_AFewAtATimeAreAnswered(t *testing.T) {
	t.Parallel()
	s := setup(t)
	sources, release := sourcesOf(s), make(chan struct{})
	sources.StoreUp = func(context.Context) error { <-release; return nil }
	s.Look(sources)
	codes := make(chan int)
	for range 5 {
		go func() {
			answer := httptest.NewRecorder()
			s.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
			codes <- answer.Code
		}()
	}
	require.Equal(t, http.StatusServiceUnavailable, <-codes, "the others wait for the store")
	close(release)
	for range 4 {
		require.Equal(t, http.StatusOK, <-codes)
	}
}

// A label is a word from a list that somebody has written down here.
func TestLabels_HaveNoRoomForNumbersContentsIDsOrKeys(t *testing.T) {
	t.Parallel()
	s := setup(t).look()
	everything(s)
	allowed := map[string][]string{
		"outcome":   {"accepted", "sent", "failed", "expired", "canceled", "retried", "erased", "retry", "held", "not_begun"},
		"operation": {"request"},
		"status":    {},
		"state":     {"closed", "open", "probing", "paused", "live", "gone"},
		"result":    {"applied", "repeated", "unknown"},
		"reason":    {},
		"route":     {"/api/v1/messages/:id", "none"}, "method": {"GET", "OTHER"}, "code": {"200", "404"},
		"version": {"1.2.3"}, "commit": {"0123abcd"}, "goversion": {"go1.26"},
	}
	for _, cause := range webhook.Causes() {
		allowed["reason"] = append(allowed["reason"], cause.String())
	}
	for _, operation := range dispatch.Operations() {
		allowed["operation"] = append(allowed["operation"], operation.String())
	}
	for _, status := range models.Statuses() {
		allowed["status"] = append(allowed["status"], string(status))
	}
	for name, family := range s.scrape() {
		if !strings.HasPrefix(name, "ams_") {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				require.Contains(t, allowed, label.GetName(), name)
				require.True(t, slices.Contains(allowed[label.GetName()], label.GetValue()), "%s %s", name, label)
			}
		}
	}
}
