package handlers_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

func newReports(t *testing.T, s *store, events handlers.Events) *handlers.DeliveryReports {
	t.Helper()
	reports, err := handlers.NewDeliveryReports(handlers.DeliveryReportsOptions{Changes: s, Lists: s, Now: epoch, Events: events})
	require.NoError(t, err)
	return reports
}

func stats(t *testing.T, s *store, state models.Scheduler, webhook models.WebhookHealth) (handlers.Stats, error) {
	t.Helper()
	statistics, err := handlers.NewStatistics(handlers.StatsOptions{
		Store: s, Pace: &control{state: state}, Webhook: func() models.WebhookHealth { return webhook },
		Reports: newReports(t, s, nil), Now: due, Replica: "r-1",
	})
	require.NoError(t, err)
	return statistics.Stats(t.Context(), handlers.Nothing{}) //nolint:wrapcheck // as it is
}

func TestStats_TellsHowSendingGoes(t *testing.T) {
	t.Parallel()
	s := &store{
		counts: func() (models.Counts, error) {
			return models.Counts{models.StatusPending: 5, models.StatusSent: 7}, nil
		},
		oldest: func() (time.Time, error) { return due().Add(-95 * time.Second), nil },
		activity: func(since time.Time) ([]models.Minute, error) {
			require.Equal(t, time.Date(2026, 1, 2, 11, 5, 0, 0, time.UTC), since)
			return []models.Minute{{At: since, Sent: 1}, {At: since.Add(58 * time.Minute), Sent: 4, Failed: 2}, {At: since.Add(time.Hour), Sent: 9}}, nil
		},
	}
	told, err := stats(t, s, steady(), closed())
	require.NoError(t, err)
	require.Equal(t, int64(5), told.Counts.Pending)
	require.Len(t, told.PerMinute, 60)
	require.Equal(t, handlers.MinuteStats{At: "2026-01-02T11:05:00.000Z", Sent: 1}, told.PerMinute[0])
	require.Equal(t, handlers.MinuteStats{At: "2026-01-02T11:06:00.000Z"}, told.PerMinute[1])
	require.Equal(t, handlers.MinuteStats{At: "2026-01-02T12:03:00.000Z", Sent: 4, Failed: 2}, told.PerMinute[58])
	require.Equal(t, handlers.MinuteStats{At: "2026-01-02T12:04:00.000Z"}, told.PerMinute[59], "the current one")
	require.Equal(t, &handlers.OldestWaiting{CreatedAt: "2026-01-02T12:02:30.678Z", AgeSeconds: 95}, told.OldestWaiting)
	require.Equal(t, handlers.DrainForecast{Waiting: 5, DrainsAt: "2026-01-02T12:09:05.678Z", PerMinute: 1}, told.Forecast)
	require.Equal(t, handlers.SchedulerBrief{IsActive: true, Pace: handlers.Pace{Interval: "2m0s", MessagesPerInterval: 2}}, told.Scheduler)
	require.Equal(t, "closed", told.Webhook.State)

	told, err = stats(t, s, models.Scheduler{Running: true, Pace: models.Pace{Interval: time.Second}}, models.WebhookHealth{State: models.WebhookPaused})
	require.NoError(t, err)
	require.InDelta(t, 4, told.Forecast.PerMinute, 0, "what was sent lately")
	require.Equal(t, "2026-01-02T12:05:05.678Z", told.Forecast.DrainsAt)
	require.Contains(t, told.Forecast.Note, "the webhook takes no messages")

	lately := s.activity
	s.activity = func(time.Time) ([]models.Minute, error) { return []models.Minute{}, nil }
	told, err = stats(t, s, models.Scheduler{Running: true, Pace: models.Pace{Interval: time.Second}}, closed())
	require.NoError(t, err)
	require.Equal(t, handlers.DrainForecast{Waiting: 5, Note: "nothing was sent lately, so no rate is known"}, told.Forecast)
	s.activity = lately

	told, err = stats(t, s, steady().Stopped(models.SchedulerLog{}), closed())
	require.NoError(t, err)
	require.Empty(t, told.Forecast.DrainsAt)
	require.Equal(t, "the scheduler is stopped", told.Forecast.Note)

	s.counts = func() (models.Counts, error) { return models.Counts{}, nil }
	s.oldest = func() (time.Time, error) { return time.Time{}, nil }
	told, err = stats(t, s, steady(), closed())
	require.NoError(t, err)
	require.Nil(t, told.OldestWaiting)
	require.Equal(t, handlers.DrainForecast{PerMinute: 1, Note: "nothing waits"}, told.Forecast)
}

// A window's budget is there, and nobody may draw from it yet.
func TestStats_NothingIsDrainedBeforeTheWebhookIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := &store{
		counts: func() (models.Counts, error) { return models.Counts{models.StatusPending: 2}, nil },
		oldest: func() (time.Time, error) { return due(), nil },
		activity: func(since time.Time) ([]models.Minute, error) {
			return []models.Minute{{At: since.Add(58 * time.Minute), Sent: 4}}, nil
		},
	}
	left := steady()
	left.WindowRemaining = 2
	uncapped := models.Scheduler{Running: true, Pace: models.Pace{Interval: time.Second}}
	for name, tt := range map[string]struct {
		state models.Scheduler
		retry time.Duration
		want  string
	}{
		"in this window":               {left, 40 * time.Second, "2026-01-02T12:04:45.678Z"},
		"the next one opens with it":   {steady(), 10 * time.Minute, "2026-01-02T12:14:05.678Z"},
		"the next one is further off":  {steady(), 40 * time.Second, "2026-01-02T12:05:05.678Z"},
		"no cap: by the rate, from it": {uncapped, 40 * time.Second, "2026-01-02T12:05:00.678Z"},
		"it was due":                   {left, -time.Second, "2026-01-02T12:04:05.678Z"},
	} {
		for _, held := range []models.WebhookState{models.WebhookOpen, models.WebhookPaused} {
			told, err := stats(t, s, tt.state, models.WebhookHealth{State: held, RetryAt: due().Add(tt.retry)})
			require.NoError(t, err)
			require.Equal(t, tt.want, told.Forecast.DrainsAt, name)
			require.Equal(t, "the webhook takes no messages before its next try; estimated as if it did from then on", told.Forecast.Note)
		}
	}
}

func TestStats_FailsWithTheStore(t *testing.T) {
	t.Parallel()
	away := models.Unavailable("the store is away", nil)
	right := func() *store {
		return &store{
			counts:   func() (models.Counts, error) { return models.Counts{}, nil },
			oldest:   func() (time.Time, error) { return time.Time{}, nil },
			activity: func(time.Time) ([]models.Minute, error) { return []models.Minute{}, nil },
		}
	}
	for name, break1 := range map[string]func(*store){
		"counts":   func(s *store) { s.counts = func() (models.Counts, error) { return nil, away } },
		"oldest":   func(s *store) { s.oldest = func() (time.Time, error) { return time.Time{}, away } },
		"activity": func(s *store) { s.activity = func(time.Time) ([]models.Minute, error) { return nil, away } },
	} {
		s := right()
		break1(s)
		_, err := stats(t, s, steady(), closed())
		require.ErrorIs(t, err, away, name)
	}
}

func TestReport_IsStoredOnceAndCounted(t *testing.T) {
	t.Parallel()
	var got []models.DeliveryReport
	answers := []error{nil, nil, errors.New("disk full")}
	s := &store{
		deliver: func(report models.DeliveryReport) (bool, error) {
			got = append(got, report)
			return len(got) == 1, answers[len(got)-1]
		},
		list: func(filter models.Filter, _ models.Cursor, _ int) (models.Page, error) {
			require.Equal(t, models.Filter{MessageID: "p-1"}, filter)
			return models.Page{Messages: []models.Message{{ID: models.ID{Text: "m-1"}, Status: models.StatusSent}}}, nil
		},
	}
	published := new(heard)
	reports := newReports(t, s, published)
	request := handlers.DeliveryReportRequest{MessageID: "p-1", Status: "failed", ErrorCode: "30003", OccurredAt: "2026-01-02T15:00:00+03:00"}
	answer, err := reports.Report(t.Context(), request)
	require.NoError(t, err)
	require.True(t, answer.Applied)
	require.Equal(t, models.DeliveryReport{MessageID: "p-1", Delivery: models.Delivery{
		Status: models.DeliveryUndelivered, At: time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC), ErrorCode: "30003",
	}}, got[0])
	require.Equal(t, []models.Event{{Type: models.EventUndelivered, ID: "m-1", Status: models.StatusSent, At: epoch().UTC()}}, published.events)

	answer, err = reports.Report(t.Context(), handlers.DeliveryReportRequest{MessageID: "p-1", Status: "delivered"})
	require.NoError(t, err)
	require.False(t, answer.Applied)
	require.Equal(t, due(), got[1].At, "now, where nobody says when")
	_, err = reports.Report(t.Context(), request)
	require.ErrorContains(t, err, "disk full")
	require.Len(t, published.events, 1)

	require.Equal(t, handlers.DeliveryCounted{Applied: 1, Repeated: 1}, countedBy(t, s, reports))
}

// countedBy returns what the statistics tell of the reports.
func countedBy(t *testing.T, s *store, reports *handlers.DeliveryReports) handlers.DeliveryCounted {
	t.Helper()
	s.counts = func() (models.Counts, error) { return models.Counts{}, nil }
	s.oldest = func() (time.Time, error) { return time.Time{}, nil }
	s.activity = func(time.Time) ([]models.Minute, error) { return []models.Minute{}, nil }
	statistics, err := handlers.NewStatistics(handlers.StatsOptions{Store: s, Pace: new(control), Webhook: closed, Reports: reports, Now: due, Replica: "r-1"})
	require.NoError(t, err)
	told, err := statistics.Stats(t.Context(), handlers.Nothing{})
	require.NoError(t, err)
	return told.DeliveryReports
}

// The provider's report may come before our record of its answer is stored.
func TestReport_OneThatComesBeforeOurRecordIsKept(t *testing.T) {
	t.Parallel()
	request := handlers.DeliveryReportRequest{MessageID: "p-1", Status: "delivered"}
	for name, tt := range map[string]struct {
		recorded time.Duration    // after the report came
		limit    time.Duration    // of the request
		kind     models.ErrorKind // zero: applied
		took     time.Duration
		want     handlers.DeliveryCounted
	}{
		"at once":    {0, time.Minute, 0, 0, handlers.DeliveryCounted{Applied: 1}},
		"in a while": {900 * time.Millisecond, time.Minute, 0, time.Second, handlers.DeliveryCounted{Applied: 1}},
		"late":       {1900 * time.Millisecond, time.Minute, 0, 2200 * time.Millisecond, handlers.DeliveryCounted{Applied: 1}},
		"never":      {time.Hour, time.Minute, models.KindNotFound, 2200 * time.Millisecond, handlers.DeliveryCounted{Unknown: 1}},
		// The provider comes again after a 503.
		"no time for it": {time.Hour, time.Second, models.KindUnavailable, time.Second, handlers.DeliveryCounted{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				came := time.Now() //nolint:forbidigo // virtual
				looks := 0
				s := &store{deliver: func(models.DeliveryReport) (bool, error) {
					if looks++; time.Since(came) < tt.recorded {
						return false, models.NotFound("no such message")
					}
					return true, nil
				}}
				reports := newReports(t, s, nil)
				ctx, cancel := context.WithTimeout(t.Context(), tt.limit)
				defer cancel()
				answer, err := reports.Report(ctx, request)
				require.Equal(t, tt.kind, models.KindOf(err))
				require.Equal(t, tt.kind == 0, answer.Applied)
				require.LessOrEqual(t, time.Since(came), tt.took)
				require.LessOrEqual(t, looks, 6)
				require.Equal(t, tt.want, countedBy(t, s, reports))
			})
		})
	}
}
