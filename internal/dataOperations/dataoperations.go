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
type Store interface { //nolint:interfacebloat // nobody is given all of it but who wires the others
	Messages
	Reservations
	Lists
	Changes
	Queue
	Waiting
	Leases
	Scheduler
	Trail
	Replicas
	Upkeep
	Connection
}

// Messages is the store as clients of the API see it.
type Messages interface {
	// Accept stores new messages, all of them or none: those with a SendAt that has
	// not come as scheduled, the others as pending; due then, or at their CreatedAt.
	// ExpiresAt is stored as it is given. Repeating an id that is stored already is a
	// KindConflict.
	Accept(ctx context.Context, messages ...models.Message) error

	// AcceptNew is Accept for those messages whose ids are not stored yet, in one
	// durable step; the others change nothing. The answer says of each whether it is
	// new. Where an id is given twice, the first is.
	AcceptNew(ctx context.Context, messages []models.Message) (stored []bool, err error)

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

// Reservations are the Idempotency-Keys of requests.
type Reservations interface {
	// Reserve stores the reservation, unless one of the same key stands that is not
	// older than models.ReservationKept, and returns the one that stands now. Of
	// concurrent callers all get the same.
	Reserve(ctx context.Context, wanted models.Reservation) (standing models.Reservation, err error)
}

// Lists is what clients ask about many messages.
type Lists interface {
	// List returns up to limit messages of the filter after the cursor, without
	// their attempts, in the filter's order, newest first. Walking from page to page
	// meets every message once that is there from the first page to the last and
	// keeps its place, whatever comes in meanwhile; each page costs the same, however
	// deep. Messages inserted by hand are listed once they are adopted.
	List(ctx context.Context, filter models.Filter, after models.Cursor, limit int) (models.Page, error)

	// Ahead returns how many messages go before the waiting message given – by
	// priority, then by due time, as they stand now –, counted up to limit.
	Ahead(ctx context.Context, message models.Message, limit int) (int, error)

	// OldestWaiting returns when the oldest pending message was created, the zero
	// time when there is none.
	OldestWaiting(ctx context.Context) (time.Time, error)

	// Activity returns the minutes from the one of since on in which something was
	// sent or failed, oldest first; at most 5 s old in MongoDB.
	Activity(ctx context.Context, since time.Time) ([]models.Minute, error)
}

// Changes is what people, and the provider, do to messages.
type Changes interface {
	// Cancel makes the messages canceled that wait, scheduled or pending. The answer
	// says for each whether it is canceled now; false: it is unknown, claimed, final
	// otherwise, or not yet adopted.
	Cancel(ctx context.Context, ids []models.ID) (canceled []bool, err error)

	// Retry makes the messages pending and due that failed or expired and were not
	// erased: with as many attempts again as a new message has (PriorAttempts is
	// their AttemptCount now), a fresh validity, and to be drawn from a window. Their
	// attempts and RetryCount stay; FailedAt, Error and ErrorCode are cleared. The
	// claim id stays, so that a late 2xx is still recorded. One that adoption refused
	// (ErrorCodeInvalid) stays failed: it must never be sent. The answer says for each
	// whether this call did it.
	Retry(ctx context.Context, ids []models.ID) (retried []bool, err error)

	// Erase removes recipient, content, and every error text – a provider may have
	// repeated either – and keeps the rest. A message that waits is canceled by it;
	// erasing again changes nothing. KindNotFound; KindConflict while it is sending.
	Erase(ctx context.Context, id models.ID) (models.Message, error)

	// Deliver stores the provider's report on the sent message with its id, unless
	// there is one. It reports whether this call stored it. KindNotFound when no sent
	// message has the id.
	Deliver(ctx context.Context, report models.DeliveryReport) (stored bool, err error)
}

// Queue is the way of a message: adopt, claim, record, or give back; and redraw,
// for what was held up on it.
type Queue interface {
	// Adopt takes up to limit messages that somebody inserted by hand – pending, and
	// not in the shape that Claim looks for – and asks inspect about each. Where
	// inspect agrees, the message becomes due at its creation time, or at the next
	// attempt that it was given, with what inspect returned and no attempts
	// yet – scheduled, where it was given a SendAt that has not come; where it gives an error, the message becomes failed with that error's
	// text and ErrorCodeInvalid. A field of the wrong type is such an error too. A
	// message without ExpiresAt or Validity gets the validity given, counted from now or, where it
	// is due later, from then; one with a Validity of its own counts from when it was due.
	// It returns how many messages changed.
	Adopt(ctx context.Context, request AdoptRequest) (adopted, refused int, err error)

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
	// A message whose ExpiresAt has come is not claimed, and draws nothing. While the
	// scheduler is stopped nothing is claimed.
	Claim(ctx context.Context, request ClaimRequest) (ClaimResult, error)

	// Record applies outcomes, each only where its id and claim id still match:
	//   - ResultSent to a message that is sending, or that was rescued or held since,
	//     whatever became of it then (pending, failed, expired or canceled, with the
	//     same claim id);
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

// Inspect validates a message inserted by hand.
type Inspect func(to, content string) (models.Inspected, error)

// AdoptRequest is what a replica asks of Adopt.
type AdoptRequest struct {
	Limit    int
	Inspect  Inspect
	Validity time.Duration // of messages that name none; 0: for ever
}

// Waiting moves messages on whose time has come.
type Waiting interface {
	// Promote makes up to limit scheduled messages pending whose SendAt has come, by
	// the store's clock. It returns those that changed.
	Promote(ctx context.Context, limit int) ([]models.ID, error)

	// Expire makes up to limit messages expired that are scheduled or pending and
	// whose ExpiresAt has come. It returns those that changed.
	Expire(ctx context.Context, limit int) ([]models.ID, error)
}

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
	// when its attempts since PriorAttempts are used up (ErrorCodeAttemptsExhausted) or policy.Hold is set
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

// Scheduler is the one record of the pace. Its changes are in the Trail.
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

	// SetPace changes interval and cap and adds the entry to the audit trail, both or
	// neither; the store fills in the entry's times, and returns the state. A lower
	// cap holds for the current window too; the phase stays, and the next window is
	// never further off than the new interval. The pace holds until the environment's
	// value changes: see Configure.
	SetPace(ctx context.Context, pace models.Pace, entry models.SchedulerLog) (models.Scheduler, error)
}

// Trail is the audit trail: what Start, Stop and SetPace add to, and others.
type Trail interface {
	// Audit adds an entry of another kind to the audit trail; the store fills in its
	// times. Repeating an id changes nothing.
	Audit(ctx context.Context, entry models.SchedulerLog) error

	// SchedulerLogs returns entries of the audit trail, newest first, and how
	// many there are.
	SchedulerLogs(ctx context.Context, offset, limit int64) ([]models.SchedulerLog, int64, error)
}

// Replicas is who runs, for people to see: nothing that is sent depends on it. A
// write that is lost costs nothing, the next heartbeat says it all again.
type Replicas interface {
	// Beat stores what a replica says of itself in place of what it said before;
	// SeenAt becomes the store's time. The first one of a replica forgets those that
	// were not seen for longer than models.ReplicaKept.
	Beat(ctx context.Context, replica models.Replica) error

	// Leave forgets the replica; there may be none.
	Leave(ctx context.Context, id string) error

	// Replicas returns those that were seen within models.ReplicaKept, by their ids.
	Replicas(ctx context.Context) ([]models.Replica, error)
}

// Upkeep keeps the store from growing for ever, in steps so small that nothing is
// held up by one.
type Upkeep interface {
	// Prune takes final messages – sent, failed, canceled, expired – whose end came
	// before request.Before, up to request.Limit of them after request.After, oldest
	// first, and deletes or erases them. Those that are erased already are passed by.
	// It returns how many changed, and where to go on; the zero cursor: all are done.
	Prune(ctx context.Context, request PruneRequest) (changed int, next PruneCursor, err error)

	// ForgetReservations deletes up to limit reservations older than
	// models.ReservationKept, and returns how many.
	ForgetReservations(ctx context.Context, limit int) (int, error)
}

// PruneRequest is what Prune does.
type PruneRequest struct {
	Before time.Time
	Erase  bool // erase recipient and content instead of deleting the message
	After  PruneCursor
	Limit  int
}

// PruneCursor is a place on the walk of Prune.
type PruneCursor struct {
	Status models.Status // whose messages it is at
	models.Cursor
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
