package metrics_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/metrics"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

func sourcesOf(s *scene) metrics.Sources {
	return metrics.Sources{
		Store: s.store, StoreUp: s.store.answer, Webhook: func() models.WebhookHealth { return models.WebhookHealth{} },
		InFlight: func() int { return 0 }, Listeners: func() int { return 0 },
	}
}

// everything happens once.
func everything(s *scene) {
	for _, outcome := range dispatch.AttemptOutcomes() {
		for _, cause := range webhook.Causes() {
			s.Pipeline.Attempted(dispatch.Attempted{Outcome: outcome, Cause: cause, Duration: time.Millisecond})
		}
	}
	for _, operation := range dispatch.Operations() {
		s.Pipeline.StoreFailed(operation)
	}
	s.Pipeline.Claimed(dispatch.Claiming{Claimed: 5, Took: time.Millisecond, WindowOpened: true, WindowsMissed: 2})
	s.Pipeline.Recorded(dispatch.Recording{Took: time.Millisecond, Sent: 4, Failed: 3, Retry: 2, Fenced: 1})
	for n, how := range []dispatch.Movement{
		dispatch.MovedAdopted, dispatch.MovedRefused, dispatch.MovedExpired, dispatch.MovedRescued, dispatch.MovedErased,
	} {
		s.Pipeline.Moved(how, 10*(n+1))
	}
	watch := func(operation string, changed int, err error) {
		_, end := s.Changes.Watch(s.t.Context(), operation)
		end(changed, err)
	}
	for operation, changed := range map[string]int{"accept": 100, "accept_new": 1000, "cancel": 7, "retry": 8, "erase": 1, "list": 0} {
		watch(operation, changed, nil)
		watch(operation, 0, models.Conflict("it cannot be"))
		watch(operation, 0, models.NotFound("nobody knows it"))
	}
	watch("deliver", 1, nil)
	watch("deliver", 0, nil)
	watch("deliver", 0, models.NotFound("nobody knows it"))
	watch("deliver", 0, models.Unavailable("away", nil))
	watch("accept", 0, errors.New("of no kind"))
	s.Requests.Answered("/api/v1/messages/:id", "GET", 200, time.Millisecond)
	s.Requests.Answered("none", "OTHER", 404, time.Millisecond)
}

func TestPipeline_CountsWhatItIsTold(t *testing.T) {
	t.Parallel()
	s := setup(t).look()
	everything(s)
	found := s.scrape()
	for _, want := range []struct {
		value  float64
		name   string
		labels []string
	}{
		{1, "ams_attempts_total", []string{"outcome", "sent", "reason", "2xx"}},
		{1, "ams_attempts_total", []string{"outcome", "sent", "reason", "breaker"}}, // cannot be, and is counted
		{1, "ams_attempts_total", []string{"outcome", "not_begun", "reason", "breaker"}},
		{float64(4 * len(webhook.Causes())), "ams_attempt_duration_seconds", nil},
		{5, "ams_claimed_messages_total", nil},
		{1, "ams_claim_duration_seconds", nil},
		{9, "ams_recorded_messages_total", nil},
		{1, "ams_record_duration_seconds", nil},
		{1, "ams_fenced_outcomes_total", nil},
		{1, "ams_windows_opened_total", nil},
		{2, "ams_windows_missed_total", nil},
		{40, "ams_lease_rescues_total", nil},
		{1110, "ams_messages_total", []string{"outcome", "accepted"}},
		{4, "ams_messages_total", []string{"outcome", "sent"}},
		{23, "ams_messages_total", []string{"outcome", "failed"}},
		{30, "ams_messages_total", []string{"outcome", "expired"}},
		{7, "ams_messages_total", []string{"outcome", "canceled"}},
		{8, "ams_messages_total", []string{"outcome", "retried"}},
		{51, "ams_messages_total", []string{"outcome", "erased"}},
		{1, "ams_delivery_reports_total", []string{"result", "applied"}},
		{1, "ams_delivery_reports_total", []string{"result", "repeated"}},
		{1, "ams_delivery_reports_total", []string{"result", "unknown"}},
		{1, "ams_store_errors_total", []string{"operation", "request"}},
		{1, "ams_store_errors_total", []string{"operation", "claim"}},
		{1, "ams_http_requests_total", []string{"route", "/api/v1/messages/:id", "method", "GET", "code", "200"}},
		{1, "ams_http_request_duration_seconds", []string{"route", "none", "method", "OTHER"}},
	} {
		require.InDelta(t, want.value, value(t, found, want.name, want.labels...), 1e-6, "%s %v", want.name, want.labels)
	}
}

// rate() needs a first value: what can be counted is there before it is.
func TestPipeline_CountersAreThereBeforeTheyCount(t *testing.T) {
	t.Parallel()
	found := setup(t).scrape()
	require.Zero(t, value(t, found, "ams_attempts_total", "outcome", "failed", "reason", "4xx"))
	require.Zero(t, value(t, found, "ams_attempts_total", "outcome", "held", "reason", "timeout"))
	require.Zero(t, value(t, found, "ams_messages_total", "outcome", "failed"))
	require.Zero(t, value(t, found, "ams_store_errors_total", "operation", "claim"))
	require.Len(t, found["ams_attempts_total"].GetMetric(), 1+3+4+12+14)
}

func TestPipeline_CountingAnAttemptAllocatesNothing(t *testing.T) { //nolint:paralleltest // it counts what the process allocates
	s := setup(t)
	attempt := dispatch.Attempted{Outcome: dispatch.AttemptSent, Cause: webhook.Cause2xx, Duration: 3 * time.Millisecond}
	require.Zero(t, testing.AllocsPerRun(1000, func() { s.Pipeline.Attempted(attempt) }))
}

func BenchmarkPipeline_Attempted(b *testing.B) {
	made, err := metrics.New(metrics.Options{Now: func() time.Time { return time.Time{} }, Log: silent()})
	require.NoError(b, err)
	attempt := dispatch.Attempted{Outcome: dispatch.AttemptSent, Cause: webhook.Cause2xx, Duration: 3 * time.Millisecond}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			made.Pipeline.Attempted(attempt)
		}
	})
}
