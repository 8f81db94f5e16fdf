package handlers

import (
	"context"
	"strconv"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

const (
	// maxPosition is how far a place in the queue is counted.
	maxPosition = 10_000
	// rateOver is what the rate of sending is taken over, where no cap tells it.
	rateOver = 5 * time.Minute
)

// forecast tells when messages are likely to be sent.
type forecast struct {
	lists   dataoperations.Lists
	pace    Forecaster
	webhook func() models.WebhookHealth
	now     func() time.Time // the store's
}

// outlook returns what lies ahead of a message that waits.
func (f forecast) outlook(ctx context.Context, message models.Message) (Outlook, error) {
	ahead, err := f.lists.Ahead(ctx, message, maxPosition)
	if err != nil {
		return Outlook{}, err //nolint:wrapcheck // its kind decides the answer
	}
	state, err := f.pace.State(ctx)
	if err != nil {
		return Outlook{}, err //nolint:wrapcheck // its kind decides the answer
	}
	webhook := f.webhook()
	if ahead >= maxPosition {
		return Outlook{Position: strconv.Itoa(maxPosition) + "+", Note: caveat(state, webhook, "its place is not counted that far")}, nil
	}
	perMinute, err := f.rate(ctx, state)
	if err != nil {
		return Outlook{}, err
	}
	from := soonest(webhook, f.now())
	turn := state.ForecastDraw(int64(ahead)+1, from, perMinute)
	if message.AttemptCount > message.PriorAttempts && state.Running {
		turn = models.Forecast{At: from} // a retry draws nothing
	}
	if !turn.At.IsZero() && turn.At.Before(message.NextAttemptAt) {
		turn.At = message.NextAttemptAt
	}
	outlook := Outlook{Position: strconv.Itoa(ahead + 1), EstimatedSendAt: timestamp(turn.At), Note: turn.Note}
	switch {
	case turn.At.IsZero():
	case !message.ExpiresAt.IsZero() && !turn.At.Before(message.ExpiresAt):
		outlook.EstimatedSendAt, outlook.Note = "", "it is likely to expire before its turn"
	default:
		outlook.Note = caveat(state, webhook, "")
	}
	return outlook, nil
}

// soonest is when an attempt may be made: a webhook that failed or asked for a pause is
// left alone until it is tried again.
func soonest(webhook models.WebhookHealth, now time.Time) time.Time {
	if webhook.RetryAt.After(now) {
		return webhook.RetryAt
	}
	return now
}

// caveat says what makes an estimate wrong, or worthless; otherwise it is the one given.
func caveat(state models.Scheduler, webhook models.WebhookHealth, otherwise string) string {
	switch {
	case !state.Running:
		return "the scheduler is stopped"
	case !webhook.RetryAt.IsZero():
		return "the webhook takes no messages before its next try; estimated as if it did from then on"
	case webhook.State != models.WebhookClosed:
		return "the webhook takes no messages at the moment; estimated as if it did"
	}
	return otherwise
}

// rate returns how many messages were sent a minute lately, 0 where the pace has a
// cap and it does not matter.
func (f forecast) rate(ctx context.Context, state models.Scheduler) (perMinute float64, err error) {
	if !state.Running || state.PerWindow > 0 {
		return 0, nil
	}
	now := f.now()
	// Whole minutes only: the current one has hardly begun.
	until := now.Truncate(time.Minute)
	minutes, err := f.lists.Activity(ctx, until.Add(-rateOver))
	if err != nil {
		return 0, err //nolint:wrapcheck // its kind decides the answer
	}
	return sendRate(minutes, until), nil
}

// sendRate is the mean of the minutes before the one given in which anything was sent.
func sendRate(minutes []models.Minute, until time.Time) (perMinute float64) {
	var sent, busy int64
	for _, minute := range minutes {
		if minute.Sent > 0 && minute.At.Before(until) {
			sent += minute.Sent
			busy++
		}
	}
	if busy == 0 {
		return 0
	}
	return float64(sent) / float64(busy)
}
