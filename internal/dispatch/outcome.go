package dispatch

import (
	"time"

	"github.com/cenkalti/backoff/v5"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

const (
	firstRetryDelay = time.Second
	maxRetryDelay   = 5 * time.Minute // before jitter
	retryJitter     = 0.5             // ± half
)

// decide turns the reply to an attempt, and the breaker's ruling on it, into what
// to record of it, at the store's time now.
func decide(message models.Claimed, reply webhook.Reply, ruled ruling, options Options, now time.Time) models.Outcome {
	outcome := models.Outcome{
		ID:      message.ID,
		ClaimID: message.ClaimID,
		At:      now,
		Attempt: models.Attempt{
			Number:     message.Attempt,
			StartedAt:  now.Add(-reply.Duration),
			Duration:   reply.Duration,
			StatusCode: reply.StatusCode,
			Replica:    options.Replica,
		},
	}
	if reply.Verdict == webhook.Accepted {
		outcome.Result = models.ResultSent
		outcome.MessageID = reply.MessageID
		return outcome
	}
	outcome.Result = models.ResultFailed
	outcome.ErrorCode = reply.Code
	outcome.Error = reply.Reason
	if reply.Detail != "" {
		outcome.Error += ": " + reply.Detail
	}
	outcome.Attempt.Error = outcome.Error
	attempt := message.Attempt - message.Prior // since a person's last retry
	switch {
	case reply.Unknown && options.Hold:
		outcome.ErrorCode = models.ErrorCodeOutcomeUnknown
	case ruled.uncounted, reply.Verdict == webhook.Retry && attempt < options.MaxAttempts:
		outcome.Result = models.ResultRetry
		outcome.Uncounted, outcome.Redraw = ruled.uncounted, ruled.redraw
		outcome.NextAttemptAt = now.Add(max(reply.RetryAfter, retryDelay(attempt), ruled.wait))
	}
	return outcome
}

// retryDelay returns how long to wait after attempt n failed, from 1: 1 s, 2 s,
// 4 s … up to 5 minutes, each ±50 % at random so that messages which failed
// together do not come back together. The wait itself is the store's, in
// next_attempt_at: nobody sleeps, and a restart forgets nothing.
func retryDelay(n int) time.Duration {
	delay := maxRetryDelay
	if n < 10 { // 2^9 s is over the limit
		delay = min(delay, firstRetryDelay<<max(0, n-1))
	}
	return jittered(delay, retryJitter)
}

// jittered returns a random duration within ± factor of d.
func jittered(d time.Duration, factor float64) time.Duration {
	spread := backoff.ExponentialBackOff{InitialInterval: d, RandomizationFactor: factor}
	return spread.NextBackOff()
}
