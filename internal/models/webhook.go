package models

import "time"

// WebhookState says whether a replica makes attempts at the webhook.
type WebhookState string

// The four states.
const (
	// WebhookClosed: the breaker is closed, messages flow.
	WebhookClosed WebhookState = "closed"
	// WebhookOpen: the webhook fails as a whole, and nothing is claimed.
	WebhookOpen WebhookState = "open"
	// WebhookProbing: one attempt is under way to see whether it works again.
	WebhookProbing WebhookState = "probing"
	// WebhookPaused: the webhook has asked for a pause, and nothing is claimed.
	WebhookPaused WebhookState = "paused"
)

// WebhookHealth is how the webhook is, as far as one replica can tell by the
// answers that it got itself.
type WebhookHealth struct {
	State   WebhookState
	Since   time.Time // zero: closed since the process began
	RetryAt time.Time // open, paused: when the next attempt may be made; otherwise zero
	Reason  string    // not closed: what the webhook said or did; never anything of a message
}
