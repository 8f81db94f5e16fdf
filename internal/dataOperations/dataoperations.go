// Package dataoperations states what the service demands of its durable store.
//
// Two stores keep these promises: sqlitestore, embedded, for one machine, and
// mongostore for any number of them. Package storetest is the suite that both
// pass; it is these comments as code.
//
// Promises that hold for every method:
//   - A write that returned nil is durable: it survives kill -9 and power loss
//     (SQLite: WAL with synchronous=FULL; MongoDB: w:majority, j:true).
//   - An error tells nothing of whether the write took place. Every write may
//     therefore be repeated, and repeating it changes nothing more, except for
//     Claim, whose lost claims come back by their leases.
//   - Methods may be called from any number of goroutines and processes at once.
//   - Times are the store's own, in milliseconds, UTC. See Clock.
//   - Errors are of the kinds in models: KindUnavailable when the store is away
//     or full, KindCorrupt when its data is damaged; others are named per method.
package dataoperations

import (
	"context"
	"time"

	"auto-message-sender/internal/models"
)

// Store is everything durable.
type Store interface {
	Messages
	Queue
	Leases
	Scheduler
	Connection
}

// Messages is the store as clients of the API see it.
type Messages interface {
	// Accept stores new messages as pending and due at their CreatedAt, all of
	// them or none. Repeating an id that is stored already is a KindConflict.
	Accept(ctx context.Context, messages ...models.Message) error

	// Message returns one message with its attempts, by the id as clients see
	// it; a string id is found before an ObjectID of the same digits.
	// KindNotFound when there is none.
	Message(ctx context.Context, id string) (models.Message, error)

	// Sent returns the sent messages, newest SentAt first, ties in a fixed
	// order, without their attempts. Skipping offset messages costs linearly.
	Sent(ctx context.Context, offset, limit int64) ([]models.Message, error)

	// Counts returns the number of messages by status: exact in SQLite, at most
	// 5 s old in MongoDB. Messages inserted by hand count once they are adopted.
	Counts(ctx context.Context) (models.Counts, error)
}

// Queue is the way of a message: adopt, claim, record, or give back; and redraw,
// for what was held up on it.
type Queue interface {
	// Adopt takes up to limit messages that somebody inserted by hand – pending, and
	// not in the shape that Claim looks for – and asks inspect about each. Where
	// inspect agrees, the message becomes due at its creation time, or at the next
	// attempt that it was given, with the number inspect returned and no attempts
	// yet; where it gives an error, the message becomes failed with that error's
	// text and ErrorCodeInvalid. A field of the wrong type is such an error too. It
	// returns how many messages changed.
	Adopt(ctx context.Context, limit int, inspect Inspect) (adopted, refused int, err error)

	// Claim opens the next window if it is due, and gives the caller up to
	// request.Max messages: those due for another attempt, and as many of those that
	// must draw – for their first, or again after Outcome.Redraw – as the window
	// allows, by priority, then by due time.
	//
	// The claim is the journal: one atomic write per message sets the claim,
	// counts the attempt, and makes the message sending; of any number of
	// concurrent callers exactly one gets it. A first attempt draws one from the
	// window in an atomic write before its claim, so all replicas together never
	// draw more than the window has; a draw whose claim failed is spent.
	// While the scheduler is stopped nothing is claimed.
	Claim(ctx context.Context, request ClaimRequest) (ClaimResult, error)

	// Record applies outcomes, each only where its id and claim id still match:
	//   - ResultSent to a message that is sending, or that was rescued or held
	//     since (pending or failed with the same claim id);
	//   - ResultRetry and ResultFailed to a message that is sending.
	// It appends the attempt; a failed one is added to RetryCount. A final status
	// clears NextAttemptAt. An Uncounted retry appends and adds nothing, and takes
	// the attempt back from AttemptCount; after Redraw, the next claim draws. The
	// answer says for each outcome whether the store now shows it; false means that
	// the claim was stale and nothing changed.
	Record(ctx context.Context, outcomes []models.Outcome) (applied []bool, err error)

	// GiveBack undoes claims whose attempts have not begun, where the claim still
	// stands: pending again, the attempt not counted. A first attempt returns to
	// the window it was drawn from if that window is still the current one.
	GiveBack(ctx context.Context, claims []models.Claim) error

	// Redraw makes pending messages that are due and would not draw – retries, and
	// what was rescued – draw from a window for their next attempt, as after
	// Outcome.Redraw: something has held them up, and they are not to come all at
	// once. It returns how many changed.
	Redraw(ctx context.Context) (int, error)
}

// Inspect validates a message inserted by hand. It returns the number in E.164.
type Inspect func(to, content string) (normalised string, err error)

// ClaimRequest is what a replica asks of Claim.
type ClaimRequest struct {
	Owner string        // the replica's id
	Lease time.Duration // how long the claims hold
	Max   int           // how many sends the replica can start now; ≥ 1
}

// ClaimResult is what Claim gave.
type ClaimResult struct {
	Claimed []models.Claimed
	// Scheduler is the state that the claims were made under.
	Scheduler models.Scheduler
	// WindowOpened reports that this call opened a window.
	WindowOpened bool
}

// Leases finds and ends claims whose replica is gone.
type Leases interface {
	// Claims lists up to limit claims of messages that are sending, oldest first.
	Claims(ctx context.Context, limit int) ([]models.Claim, error)

	// Rescue ends the claims given, each only where its id and claim id still
	// match and the message is still sending: pending and due at once, or failed
	// when its attempts are used up (ErrorCodeAttemptsExhausted) or policy.Hold is set
	// (ErrorCodeOutcomeUnknown). The attempt is appended with an error, as that of
	// the claim's owner, and added to RetryCount. The claim id stays, so that a late 2xx is still recorded.
	// It returns how many this call rescued; of concurrent callers one rescues.
	Rescue(ctx context.Context, claims []models.Claim, policy RescuePolicy) (int, error)
}

// RescuePolicy says what becomes of a message whose attempt ended unseen.
type RescuePolicy struct {
	MaxAttempts int
	Hold        bool // at most once: a person decides
}

// Scheduler is the one record of the pace, and its audit trail.
type Scheduler interface {
	// Scheduler returns the state.
	Scheduler(ctx context.Context) (models.Scheduler, error)

	// Configure makes the pace the environment's, unless the environment's is
	// what it was when the pace was last configured: then a pace that was set
	// otherwise since stays. A lower cap holds for the current window too, which
	// then allows that many first attempts at most; a higher one begins with the next.
	Configure(ctx context.Context, pace models.Pace) error

	// Start starts the scheduler and adds the entry to the audit trail, both or
	// neither; the store fills in the entry's times, and returns the state.
	// KindConflict when it is running already.
	Start(ctx context.Context, entry models.SchedulerLog) (models.Scheduler, error)

	// Stop stops it, likewise; the store fills in the entry's StartID.
	// KindConflict when it is not running.
	Stop(ctx context.Context, entry models.SchedulerLog) (models.Scheduler, error)

	// SchedulerLogs returns entries of the audit trail, newest first, and how
	// many there are.
	SchedulerLogs(ctx context.Context, offset, limit int64) ([]models.SchedulerLog, int64, error)
}

// Clock is the store's time, which windows, due times and leases are told in;
// it does no input or output. MongoDB: the server's clock as last measured,
// carried on by this machine's monotonic clock; SQLite: this machine's clock.
type Clock interface {
	Now() time.Time
}

// Connection is the store as operators see it.
type Connection interface {
	Clock
	// Ping reports whether the store can be read and written now, as an error of
	// KindUnavailable or KindCorrupt that says what is wrong with it.
	Ping(ctx context.Context) error
	// Close ends the connection after the writes under way.
	Close() error
}
