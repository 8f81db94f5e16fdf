package dataoperations

import (
	"context"
	"time"

	"auto-message-sender/internal/models"
)

// Archive is a store that nobody serves, as whoever moves it to another sees it. It
// is read from end to end, or filled; both take as much memory for ten million
// messages as for ten. What becomes of a crash half way is told in package migrate.
type Archive interface {
	ArchiveReader
	ArchiveLoader
}

// ArchiveReader reads a whole store.
type ArchiveReader interface {
	// Quiet returns nil when nobody serves the store, its scheduler is stopped, and no
	// claim's lease runs. Otherwise a KindConflict that says what is the matter and what
	// to do about it.
	Quiet(ctx context.Context) error

	// Walk hands over every record of a collection, in batches, in an order of its
	// own, and each of them once as long as nobody writes. It ends with each's error.
	Walk(ctx context.Context, collection Collection, each func(ArchivedBatch) error) error

	// Twins returns which of the messages share the digits of their id with a message
	// whose id is of the other type.
	Twins(ctx context.Context, messages []ArchivedMessage) ([]models.ID, error)

	// Pacing returns the scheduler's record.
	Pacing(ctx context.Context) (ArchivedScheduler, error)

	// Migration returns the migration that this store is, or was, the target of; the
	// zero value: of none.
	Migration(ctx context.Context) (Migration, error)
}

// ArchiveLoader fills a store.
type ArchiveLoader interface {
	// Begin notes the migration in the store, which from then on no service opens until
	// Complete. KindConflict, naming what is there, unless the store is empty.
	Begin(ctx context.Context, migration Migration) error

	// Load stores the records of a batch, durably. One that is there already stays as
	// it is: whoever repeats a batch changes nothing more. KindConflict when a message
	// is there under an id of the same digits and the other type, and the store cannot
	// hold both.
	Load(ctx context.Context, batch ArchivedBatch) error

	// LoadPacing stores the scheduler's record, as one that does not run.
	LoadPacing(ctx context.Context, pacing ArchivedScheduler) error

	// Hold stops the scheduler and adds the entry to the audit trail, as it is but for
	// StartID. Repeating an id adds nothing.
	Hold(ctx context.Context, entry models.SchedulerLog) error

	// Complete makes the store whole – counts, indexes, what is derived from messages –,
	// and notes that the migration is complete: services open it now.
	Complete(ctx context.Context, at time.Time) error
}

// Collection is one of those that are moved record by record.
type Collection string

// The collections, by the names that they have in both stores.
const (
	CollectionMessages     Collection = "messages"
	CollectionLogs         Collection = "scheduler_logs"
	CollectionReservations Collection = "reservations"
)

// Collections lists them in the order of loading.
func Collections() []Collection {
	return []Collection{CollectionLogs, CollectionReservations, CollectionMessages}
}

// ArchivedBatch is some records of one collection.
type ArchivedBatch struct {
	Messages     []ArchivedMessage
	Logs         []ArchivedLog
	Reservations []models.Reservation
}

// Len returns how many records it has.
func (b ArchivedBatch) Len() int { return len(b.Messages) + len(b.Logs) + len(b.Reservations) }

// ArchivedMessage is a message with what only its store needs to know of it.
type ArchivedMessage struct {
	models.Message
	// Inspected: it has passed adoption, or needed none. See Normal.
	Inspected bool
	// Drawn: its attempt was drawn from a window.
	Drawn bool
	Claim ArchivedClaim
	// Extra are the fields that somebody has put beside ours, as one object of MongoDB's
	// canonical extended JSON, in the order of their names; empty: none.
	Extra string
	// Problems tell what of it cannot be read, and so is not carried.
	Problems []string
}

// ArchivedClaim is the last claim of a message; the zero value: there was none.
type ArchivedClaim struct {
	ID, Owner string
	Lease     time.Duration
	At        time.Time
}

// Normal returns the message without what means nothing in its status, and so may
// be otherwise in another store: whether it was drawn, once it is final; and whether it
// was inspected, where no retry will ask for that any more.
func (m ArchivedMessage) Normal() ArchivedMessage {
	switch m.Status {
	case models.StatusScheduled, models.StatusPending, models.StatusSending:
		m.Drawn = m.Drawn && m.Inspected
	case models.StatusCanceled, models.StatusExpired:
		m.Inspected, m.Drawn = true, false
	case models.StatusSent, models.StatusFailed:
		m.Drawn = false
	}
	if !m.ErasedAt.IsZero() {
		m.Inspected, m.Drawn = false, false
	}
	return m
}

// ArchivedLog is an entry of the audit trail with the types of its ids.
type ArchivedLog struct {
	models.SchedulerLog
	ObjectID      bool   // ID is an ObjectID
	StartObjectID bool   // StartID is one
	Extra         string // as of a message
	Problems      []string
}

// ArchivedScheduler is the scheduler's record, and the pace that the environment gave
// last; nil: none yet.
type ArchivedScheduler struct {
	models.Scheduler
	Environment *models.Pace
}

// Migration is the note of a migration in its target.
type Migration struct {
	ID          string
	Source      string // for people to read; without credentials
	Fingerprint string // of everything that the source held
	BegunAt     time.Time
	CompletedAt time.Time // zero: not yet
}

// Unfinished returns why no service may open the store; nil: it may.
func (m Migration) Unfinished() error {
	if m.ID == "" || !m.CompletedAt.IsZero() {
		return nil
	}
	return models.Conflict("this store is half of a migration from " + m.Source + ", begun at " +
		m.BegunAt.UTC().Format(time.RFC3339) + " and not complete: run the same `auto-message-sender migrate` again; " +
		"or, to give it up, remove this store")
}
