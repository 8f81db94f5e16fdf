package handlers

import (
	"context"

	"auto-message-sender/internal/models"
)

// SchedulerState is the scheduler as clients see it.
type SchedulerState struct {
	IsActive bool `json:"is_active" example:"true"`
	// Last start; left out before the first.
	StartedAt string `json:"started_at,omitempty" format:"date-time" example:"2026-01-02T15:04:05.000Z"`
	// Last stop; left out while it is running.
	StoppedAt string `json:"stopped_at,omitempty" format:"date-time" example:"2026-01-02T15:14:05.000Z"`
	// How often a window opens: hours, minutes and seconds, such as 2m0s.
	Interval string `json:"interval" example:"2m0s"`
	// First attempts that a window allows, on all replicas together; 0: no cap.
	MessagesPerInterval int            `json:"messages_per_interval" example:"2"`
	Window              Window         `json:"window"`
	Counts              CountsByStatus `json:"counts"`
	Webhook             Webhook        `json:"webhook"`
	// The process that answered.
	Replica string `json:"replica" example:"sender-1"`
} //	@name	SchedulerState

// Window is what may still be sent before the next one opens.
type Window struct {
	// Number of the window; it never falls.
	Seq int64 `json:"seq" example:"17"`
	// First attempts that it still allows.
	Remaining int `json:"remaining" example:"1"`
	// When the next one opens; left out while the scheduler is stopped.
	NextAt string `json:"next_at,omitempty" format:"date-time" example:"2026-01-02T15:06:05.000Z"`
} //	@name	Window

// Webhook is whether attempts are made at the webhook, by the process that answers.
type Webhook struct {
	// closed: messages flow. open: it fails as a whole, and nothing is claimed until it answers a probe.
	// probing: one is under way. paused: it has asked for a pause (429, or 503 with Retry-After).
	State string `json:"state" enums:"closed,open,probing,paused" example:"open"`
	// Since when; left out while it has been closed from the start of the process.
	Since string `json:"since,omitempty" format:"date-time" example:"2026-01-02T15:04:05.000Z"`
	// When the next attempt may be made; left out while one may be, or is.
	RetryAt string `json:"retry_at,omitempty" format:"date-time" example:"2026-01-02T15:04:10.000Z"`
	// What the webhook did; left out while messages flow.
	Reason string `json:"reason,omitempty" example:"webhook answered 503 Service Unavailable"`
} //	@name	Webhook

func newWebhook(health models.WebhookHealth) Webhook {
	return Webhook{
		State: string(health.State), Since: timestamp(health.Since),
		RetryAt: timestamp(health.RetryAt), Reason: health.Reason,
	}
}

// CountsByStatus is the number of messages in every status.
type CountsByStatus struct {
	Scheduled int64 `json:"scheduled" example:"0"`
	Pending   int64 `json:"pending" example:"12"`
	Sending   int64 `json:"sending" example:"1"`
	Sent      int64 `json:"sent" example:"42"`
	Failed    int64 `json:"failed" example:"3"`
	Canceled  int64 `json:"canceled" example:"0"`
	Expired   int64 `json:"expired" example:"0"`
} //	@name	CountsByStatus

func newCounts(counts models.Counts) CountsByStatus {
	return CountsByStatus{
		Scheduled: counts[models.StatusScheduled],
		Pending:   counts[models.StatusPending],
		Sending:   counts[models.StatusSending],
		Sent:      counts[models.StatusSent],
		Failed:    counts[models.StatusFailed],
		Canceled:  counts[models.StatusCanceled],
		Expired:   counts[models.StatusExpired],
	}
}

// State tells whether messages are being sent, at what pace, and how many wait.
//
//	@Summary		Read the scheduler's state
//	@Description	Whether messages are being sent, at what pace, what the current window still allows, how many messages
//	@Description	there are in every status, and whether the webhook takes any. The counts may be a few seconds old.
//	@ID				getScheduler
//	@Tags			scheduler
//	@Produce		json,application/problem+json
//	@Success		200	{object}	SchedulerState
//	@Failure		401	{object}	Problem	"No key, or an unknown one"
//	@Failure		403	{object}	Problem	"Without API_KEYS: the server was asked by a name that is not this machine's own"
//	@Failure		429	{object}	Problem	"Too many requests"
//	@Failure		500	{object}	Problem	"An internal error"
//	@Failure		503	{object}	Problem	"The store is away"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/scheduler [get]
func (s *Scheduler) State(ctx context.Context, _ Nothing) (SchedulerState, error) {
	state, err := s.control.State(ctx)
	if err != nil {
		return SchedulerState{}, err //nolint:wrapcheck // its kind decides the answer
	}
	return s.describe(ctx, state)
}

// describe returns the state as clients see it.
func (s *Scheduler) describe(ctx context.Context, state models.Scheduler) (SchedulerState, error) {
	counts, err := s.counter.Counts(ctx)
	if err != nil {
		return SchedulerState{}, err //nolint:wrapcheck // its kind decides the answer
	}
	return SchedulerState{
		IsActive:            state.Running,
		StartedAt:           timestamp(state.StartedAt),
		StoppedAt:           timestamp(state.StoppedAt),
		Interval:            state.Interval.String(),
		MessagesPerInterval: state.PerWindow,
		Window: Window{
			Seq: state.WindowSeq, Remaining: state.WindowRemaining, NextAt: timestamp(state.NextWindowAt),
		},
		Counts:  newCounts(counts),
		Webhook: newWebhook(s.webhook()),
		Replica: s.replica,
	}, nil
}
