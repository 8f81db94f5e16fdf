// Package models holds what the service speaks of: messages and the statuses
// they pass through, attempts, the scheduler's one record with its windows, the
// audit trail, and the kinds of error. It knows no database, no HTTP and no
// clock: every function here is a plain computation on its arguments.
package models

import "time"

// Limits on one message.
const (
	// MaxContentLength is the longest content, in characters (not bytes), where
	// nobody has set another.
	MaxContentLength = 160
	// MaxIDLength bounds a message id, in bytes; it travels as a header value.
	MaxIDLength = 256
	// MaxReferenceLength bounds the caller's own id, in characters.
	MaxReferenceLength = 64
	// MaxAhead is how far ahead a message may be scheduled, and how long its
	// validity may be.
	MaxAhead = 366 * 24 * time.Hour
)

// secondsBelow is what no number of milliseconds since 1970 that anybody means is
// below: March 1973, or as seconds the year 5138.
const secondsBelow = 100_000_000_000

// InSeconds reports whether a number that somebody wrote by hand for a time, in
// milliseconds since 1970, can only have been meant in seconds: taken for
// milliseconds it lies in the past, and its message would go out at once.
func InSeconds(milliseconds int64) bool { return 0 < milliseconds && milliseconds < secondsBelow }

// ID names a message. Documents inserted by hand may carry a MongoDB ObjectID
// as _id; it is kept as its 24 hexadecimal digits and marked, because a filter
// on the store must use the type that the document has.
type ID struct {
	Text     string
	ObjectID bool
}

// String returns the id as clients and the webhook see it.
func (id ID) String() string { return id.Text }

// Priority orders the queue, strictly; the zero value is the highest.
type Priority int

// The three priorities.
const (
	PriorityHigh   Priority = 0
	PriorityNormal Priority = 1
	PriorityLow    Priority = 2
)

// Encoding is how an SMS carries a content, by the characters that it has.
type Encoding string

// The two encodings.
const (
	EncodingGSM7 Encoding = "GSM-7"
	EncodingUCS2 Encoding = "UCS-2"
)

// Inspected is what the rules made of a recipient and a content that they accept.
type Inspected struct {
	To          string // E.164
	NumSegments int
	Encoding    Encoding
}

// Message is one text to one recipient, and all that is known of its way. A
// zero time means: has not happened.
type Message struct {
	ID       ID
	To       string // E.164
	Content  string
	Status   Status
	Priority Priority

	Reference   string // the caller's own id, empty: none
	NumSegments int    // SMS that the content makes
	Encoding    Encoding

	CreatedAt     time.Time
	UpdatedAt     time.Time
	SendAt        time.Time     // when it is to go out; zero: at once
	Validity      time.Duration // how long after that it may still be sent, in whole seconds; 0: for ever
	ExpiresAt     time.Time     // no attempt starts then or later; zero: never
	NextAttemptAt time.Time     // zero: final, or not yet adopted
	SentAt        time.Time
	FailedAt      time.Time
	ErasedAt      time.Time // when To and Content were erased

	MessageID string // the provider's id, from the answer of the webhook
	Error     string // the last error, in words
	ErrorCode string // the last error, as one of the codes below

	AttemptCount int // attempts begun, crashed ones included
	RetryCount   int // attempts that failed: 0 when the first one succeeds
	// PriorAttempts are those made before a person's last retry, which gave the
	// message as many again as a new one has.
	PriorAttempts int
	Attempts      []Attempt

	Delivery Delivery
}

// Waits reports whether the message has yet to be claimed.
func (m Message) Waits() bool { return m.Status == StatusScheduled || m.Status == StatusPending }

// Codes of the errors that the service itself gives a message. Those of the
// webhook's answers are "http_<status>".
const (
	ErrorCodeInvalid           = "invalid"            // refused when adopted; never sent
	ErrorCodeOutcomeUnknown    = "outcome_unknown"    // held: it may or may not have arrived
	ErrorCodeAttemptsExhausted = "attempts_exhausted" // rescued after its last attempt
	ErrorCodeUnreachable       = "unreachable"        // no request left: DNS, connection, TLS
	ErrorCodeTimeout           = "timeout"            // no complete status within the time limit
	ErrorCodeConnectionLost    = "connection_lost"    // bytes left, no complete status came back
)

// Attempt is one try at the webhook.
type Attempt struct {
	Number     int
	StartedAt  time.Time
	Duration   time.Duration // millisecond precision once stored
	StatusCode int           // 0: no answer
	Error      string        // empty: succeeded
	Replica    string
}

// Claimed is a message that this replica has claimed: what sending it needs.
type Claimed struct {
	Claim
	To      string
	Content string
	Attempt int // the number of the attempt that the claim has journalled, from 1
	// Prior is Message.PriorAttempts: what the limit of attempts does not count.
	Prior     int
	ExpiresAt time.Time // the attempt must have begun before it; zero: no limit
}

// Claim is the right to make one attempt, until its lease runs out.
type Claim struct {
	ID      ID
	ClaimID string // the fence: an outcome applies only where it still stands
	Owner   string
	Lease   time.Duration
	// Window is the sequence number of the window that the attempt has drawn from
	// – a first one, or one after Outcome.Redraw – and 0 for any other: what giving
	// it back refunds.
	Window int64
}

// Result is what an attempt came to.
type Result int

// The three results.
const (
	ResultSent   Result = iota + 1 // the webhook took it: final
	ResultRetry                    // to be tried again at Outcome.NextAttemptAt
	ResultFailed                   // refused for good, out of attempts, or held
)

// Status returns the status that a message has after this result.
func (r Result) Status() Status {
	switch r {
	case ResultSent:
		return StatusSent
	case ResultRetry:
		return StatusPending
	case ResultFailed:
		return StatusFailed
	}
	return ""
}

// Outcome is what to record of one attempt.
type Outcome struct {
	ID      ID
	ClaimID string
	Result  Result
	Attempt Attempt

	// At is when the answer came, in the store's time: the sent_at or failed_at.
	At time.Time
	// NextAttemptAt is set with ResultRetry only, in the store's time. So are the
	// two after it.
	NextAttemptAt time.Time
	// Uncounted: the attempt failed for no fault of the message, and is taken back
	// as if it had not been made; Error and ErrorCode still say why it waits.
	Uncounted bool
	// Redraw: the next attempt draws from a window again, as a first one does.
	Redraw bool

	MessageID string // ResultSent: the provider's id, may be empty
	Error     string // otherwise
	ErrorCode string
}

// Counts holds the number of messages by status. A status without messages may
// be missing.
type Counts map[Status]int64
