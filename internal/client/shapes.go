package client

import "time"

// Message is a message as the API shows it. What it leaves out is the zero value.
type Message struct {
	ID                string    `json:"id"`
	To                string    `json:"to"`
	Content           string    `json:"content"`
	Status            string    `json:"status"`
	Priority          string    `json:"priority"`
	Reference         string    `json:"reference"`
	NumSegments       int       `json:"num_segments"`
	Encoding          string    `json:"encoding"`
	CreatedAt         time.Time `json:"created_at"`
	UpdatedAt         time.Time `json:"updated_at"`
	SendAt            time.Time `json:"send_at"`
	ValidityPeriod    int64     `json:"validity_period"` // seconds
	ExpiresAt         time.Time `json:"expires_at"`
	NextAttemptAt     time.Time `json:"next_attempt_at"`
	SentAt            time.Time `json:"sent_at"`
	FailedAt          time.Time `json:"failed_at"`
	ErasedAt          time.Time `json:"erased_at"`
	MessageID         string    `json:"message_id"` // the provider's
	RetryCount        int       `json:"retry_count"`
	AttemptCount      int       `json:"attempt_count"`
	Error             string    `json:"error"`
	ErrorCode         string    `json:"error_code"`
	DeliveryStatus    string    `json:"delivery_status"`
	DeliveredAt       time.Time `json:"delivered_at"`
	DeliveryErrorCode string    `json:"delivery_error_code"`
	Position          string    `json:"position"` // in the queue; "10000+" beyond ten thousand
	EstimatedSendAt   time.Time `json:"estimated_send_at"`
	Note              string    `json:"note"`     // on the estimate
	Attempts          []Attempt `json:"attempts"` // of one message only, not in lists
}

// Attempt is one try at the webhook.
type Attempt struct {
	Number     int       `json:"number"`
	StartedAt  time.Time `json:"started_at"`
	DurationMS int64     `json:"duration_ms"`
	StatusCode int       `json:"status_code"` // 0: no answer came
	Error      string    `json:"error"`       // empty: it succeeded
	Replica    string    `json:"replica"`
}

// NewMessage is a message to accept. Empty fields are left to the server.
type NewMessage struct {
	To             string    `json:"to"`
	Content        string    `json:"content"`
	Priority       string    `json:"priority,omitempty"`
	SendAt         time.Time `json:"send_at,omitzero"`
	ValidityPeriod int64     `json:"validity_period,omitzero"` // seconds
	Reference      string    `json:"reference,omitempty"`
}

// Preview is what the server would make of a message.
type Preview struct {
	To             string         `json:"to"` // E.164
	NumSegments    int            `json:"num_segments"`
	Encoding       string         `json:"encoding"`
	Characters     int            `json:"characters"`
	CharactersLeft int            `json:"characters_left"`
	Segments       []string       `json:"segments"`
	Valid          bool           `json:"valid"`
	Errors         []FieldProblem `json:"errors"`
}

// Page is a part of a list.
type Page struct {
	Messages   []Answer[Message] `json:"messages"`
	NextCursor string            `json:"next_cursor"` // empty: it ends here
}

// Changed is how far a change of many messages got.
type Changed struct {
	DryRun   bool  `json:"dry_run"`
	Matched  int64 `json:"matched"`
	Canceled int64 `json:"canceled"`
	Retried  int64 `json:"retried"`
	// Complete is false where the server's time was up before all was done; the same
	// call, with this Before, goes on. Left out: true.
	Complete *bool `json:"complete"`
	// Before is what a retry went by: see ManyAgain. Zero for a cancel.
	Before time.Time `json:"before"`
}

// Done reports whether nothing is left to do.
func (c Changed) Done() bool { return c.Complete == nil || *c.Complete }

// Scheduler is whether messages are being sent, and how many.
type Scheduler struct {
	IsActive            bool             `json:"is_active"`
	StartedAt           time.Time        `json:"started_at"`
	StoppedAt           time.Time        `json:"stopped_at"`
	Interval            string           `json:"interval"`
	MessagesPerInterval int              `json:"messages_per_interval"`
	Window              Window           `json:"window"`
	Counts              map[string]int64 `json:"counts"`
	Webhook             Webhook          `json:"webhook"`
	Replica             string           `json:"replica"`
	Message             string           `json:"message"`   // of start and stop
	InFlight            int              `json:"in_flight"` // of stop
}

// Window is what may still be sent before the next one opens.
type Window struct {
	Seq       int64     `json:"seq"`
	Remaining int       `json:"remaining"`
	NextAt    time.Time `json:"next_at"`
}

// Webhook is whether attempts are made at the webhook.
type Webhook struct {
	State   string    `json:"state"`
	Since   time.Time `json:"since"`
	RetryAt time.Time `json:"retry_at"`
	Reason  string    `json:"reason"`
}

// Stats is how sending goes.
type Stats struct {
	Counts        map[string]int64 `json:"counts"`
	PerMinute     []Minute         `json:"per_minute"` // the last 60, the oldest first
	OldestWaiting *Oldest          `json:"oldest_waiting"`
	Forecast      Forecast         `json:"forecast"`
	Webhook       Webhook          `json:"webhook"`
	Scheduler     struct {
		IsActive bool `json:"is_active"`
		Pace     Pace `json:"pace"`
	} `json:"scheduler"`
	Replica string `json:"replica"`
}

// Minute is what happened in one minute.
type Minute struct {
	At     time.Time `json:"at"`
	Sent   int64     `json:"sent"`
	Failed int64     `json:"failed"`
}

// Oldest is the oldest message that waits.
type Oldest struct {
	CreatedAt  time.Time `json:"created_at"`
	AgeSeconds int64     `json:"age_seconds"`
}

// Forecast is when all that waits will be sent.
type Forecast struct {
	Waiting   int64     `json:"waiting"`
	DrainsAt  time.Time `json:"drains_at"` // zero: it cannot be told
	PerMinute float64   `json:"per_minute"`
	Note      string    `json:"note"`
}
