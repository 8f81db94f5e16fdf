package handlers

import (
	"context"
	"errors"
	"math"
	"time"

	"auto-message-sender/internal/models"
)

// statsMinutes is how many minutes back the statistics go, the current included.
const statsMinutes = 60

// StatsOptions is what Statistics is made of. All fields are required.
type StatsOptions struct {
	Store   Store
	Pace    Forecaster
	Webhook func() models.WebhookHealth // as this process sees it
	Reports *DeliveryReports
	Now     func() time.Time // the store's
	Replica string           // the id of this process
}

// Statistics tell how sending goes.
type Statistics struct {
	StatsOptions
}

// NewStatistics returns the endpoint, or says what is missing.
func NewStatistics(options StatsOptions) (*Statistics, error) {
	o := options
	if o.Store == nil || o.Pace == nil || o.Webhook == nil || o.Reports == nil || o.Now == nil || o.Replica == "" {
		return nil, errors.New("handlers: Statistics needs Store, Pace, Webhook, Reports, Now and Replica")
	}
	return &Statistics{StatsOptions: o}, nil
}

// Stats is how sending goes.
type Stats struct {
	Counts CountsByStatus `json:"counts"`
	// The last 60 minutes, the oldest first and the current one last, those without anything included.
	PerMinute []MinuteStats `json:"per_minute"`
	// Left out while nothing is pending.
	OldestWaiting   *OldestWaiting  `json:"oldest_waiting,omitempty"`
	Forecast        DrainForecast   `json:"forecast"`
	Webhook         Webhook         `json:"webhook"`
	Scheduler       SchedulerBrief  `json:"scheduler"`
	DeliveryReports DeliveryCounted `json:"delivery_reports"`
	// The process that answered.
	Replica string `json:"replica" example:"sender-1"`
} //	@name	Stats

// MinuteStats is what happened in one minute.
type MinuteStats struct {
	At   string `json:"at" format:"date-time" example:"2026-01-02T15:04:00.000Z"`
	Sent int64  `json:"sent" example:"40"`
	// Messages that failed for good, not attempts.
	Failed int64 `json:"failed" example:"1"`
} //	@name	MinuteStats

// OldestWaiting is the oldest message that is pending.
type OldestWaiting struct {
	CreatedAt  string `json:"created_at" format:"date-time" example:"2026-01-02T15:04:05.000Z"`
	AgeSeconds int64  `json:"age_seconds" example:"95"`
} //	@name	OldestWaiting

// DrainForecast is when all that is pending will be sent.
type DrainForecast struct {
	// Messages that are pending.
	Waiting int64 `json:"waiting" example:"120"`
	// When the last of them is likely to be sent, by the pace; left out where that cannot be told.
	DrainsAt string `json:"drains_at,omitempty" format:"date-time" example:"2026-01-02T17:04:05.000Z"`
	// First attempts a minute that the pace allows or, where it has no cap, messages that were sent a minute lately.
	PerMinute float64 `json:"per_minute" example:"1"`
	// Why there is no estimate, or what it does not know of.
	Note string `json:"note,omitempty" example:"the scheduler is stopped"`
} //	@name	DrainForecast

// SchedulerBrief is the scheduler in short; GET /scheduler tells all.
type SchedulerBrief struct {
	IsActive bool `json:"is_active" example:"true"`
	Pace     Pace `json:"pace"`
} //	@name	SchedulerBrief

// Pace is how fast messages are sent.
type Pace struct {
	// How often a window opens.
	Interval string `json:"interval" example:"2m0s"`
	// First attempts that a window allows, on all replicas together; 0: no cap.
	MessagesPerInterval int `json:"messages_per_interval" example:"2"`
} //	@name	Pace

// Stats tells how sending goes.
//
//	@Summary		Read statistics
//	@Description	Messages by status, sent and failed in each of the last 60 minutes, the oldest that waits, when the backlog is likely to be
//	@Description	drained, and whether the webhook takes any. Counts may be a few seconds old.
//	@ID				getStats
//	@Tags			stats
//	@Produce		json,application/problem+json
//	@Success		200	{object}	Stats
//	@Failure		401	{object}	Problem	"No key, or an unknown one"
//	@Failure		403	{object}	Problem	"Without API_KEYS: the server was asked by a name that is not this machine's own"
//	@Failure		429	{object}	Problem	"Too many requests"
//	@Failure		500	{object}	Problem	"An internal error"
//	@Failure		503	{object}	Problem	"The store is away"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/stats [get]
func (s *Statistics) Stats(ctx context.Context, _ Nothing) (Stats, error) {
	counts, err := s.Store.Counts(ctx)
	if err != nil {
		return Stats{}, err //nolint:wrapcheck // its kind decides the answer
	}
	now := s.Now().UTC()
	since := now.Truncate(time.Minute).Add(-(statsMinutes - 1) * time.Minute)
	activity, err := s.Store.Activity(ctx, since)
	if err != nil {
		return Stats{}, err //nolint:wrapcheck // its kind decides the answer
	}
	oldest, err := s.Store.OldestWaiting(ctx)
	if err != nil {
		return Stats{}, err //nolint:wrapcheck // its kind decides the answer
	}
	state, err := s.Pace.State(ctx)
	if err != nil {
		return Stats{}, err //nolint:wrapcheck // its kind decides the answer
	}
	webhook := s.Webhook()
	return Stats{
		Counts:        newCounts(counts),
		PerMinute:     perMinute(activity, since),
		OldestWaiting: newOldest(oldest, now),
		Forecast:      drain(state, webhook, counts[models.StatusPending], activity, now),
		Webhook:       newWebhook(webhook),
		Scheduler: SchedulerBrief{
			IsActive: state.Running, Pace: Pace{Interval: state.Interval.String(), MessagesPerInterval: state.PerWindow},
		},
		DeliveryReports: s.Reports.counted(),
		Replica:         s.Replica,
	}, nil
}

// perMinute fills in the minutes in which nothing happened.
func perMinute(activity []models.Minute, since time.Time) []MinuteStats {
	minutes := make([]MinuteStats, statsMinutes)
	for i := range minutes {
		minutes[i].At = timestamp(since.Add(time.Duration(i) * time.Minute))
	}
	for _, minute := range activity {
		if i := int(minute.At.Sub(since) / time.Minute); i >= 0 && i < statsMinutes {
			minutes[i].Sent += minute.Sent
			minutes[i].Failed += minute.Failed
		}
	}
	return minutes
}

func newOldest(oldest, now time.Time) *OldestWaiting {
	if oldest.IsZero() {
		return nil
	}
	return &OldestWaiting{CreatedAt: timestamp(oldest), AgeSeconds: max(0, int64(now.Sub(oldest)/time.Second))}
}

// drain forecasts when the last pending message is sent.
func drain(state models.Scheduler, webhook models.WebhookHealth, waiting int64, activity []models.Minute, now time.Time) DrainForecast {
	rate := state.PerMinute()
	if state.PerWindow == 0 {
		until := now.Truncate(time.Minute)
		recent := make([]models.Minute, 0, len(activity))
		for _, minute := range activity {
			if !minute.At.Before(until.Add(-rateOver)) {
				recent = append(recent, minute)
			}
		}
		rate = sendRate(recent, until)
	}
	told := DrainForecast{Waiting: waiting, PerMinute: math.Round(rate*100) / 100}
	if waiting == 0 {
		told.Note = caveat(state, webhook, "nothing waits")
		return told
	}
	last := state.ForecastDraw(waiting, soonest(webhook, now), rate)
	told.DrainsAt, told.Note = timestamp(last.At), last.Note
	if told.Note == "" {
		told.Note = caveat(state, webhook, "")
	}
	return told
}
