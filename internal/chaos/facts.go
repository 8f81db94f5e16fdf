package chaos

import (
	"time"

	"auto-message-sender/internal/models"
)

// Facts are what is known when a run is over and every process has ended. Each
// comes from a witness of its own: Calls from the webhook, Messages and Audit from
// the store, the rest from whoever made the trouble.
type Facts struct {
	Calls    []Call    // the ledger, in the order of arrival
	Messages []Message // every row of the store
	Posted   []Posted  // what the API answered 201 to
	Deaths   []Death   // who was killed or frozen, and when
	Audit    []models.SchedulerLog
	Running  bool        // the scheduler's state in the end
	Pace     models.Pace // the pace in the end; the zero value: nobody looked
	Switches []Switch    // the calls of start, stop and pace
	Windows  []Window    // what was seen of the window's number while it went on
	Changes  []Change    // the calls that were to cancel, retry or erase
	Bulks    []Bulk      // those of them that were about many messages

	Reservations []models.Reservation // that the store keeps; nil: nobody looked
	Activity     []models.Minute      // as the API told it when all was done, each minute; nil: nobody asked
	Ended        time.Time            // when that was; what is to be sent later may still wait

	// Unanswered posts may or may not have been accepted.
	UnansweredPosts int

	Limits Limits
}

// Limits are the settings that the processes ran with.
type Limits struct {
	MaxInFlight    int
	MaxAttempts    int
	AttemptTimeout time.Duration
	Hold           bool          // UNKNOWN_OUTCOME=hold
	ClockError     time.Duration // by which the store's clock and the ledger's may differ
	models.Pace
}

// Call is one line of the ledger: a request that the webhook read to its end.
type Call struct {
	At        time.Time
	Key       string // Idempotency-Key
	Body      string // its SHA-256, in hexadecimal
	Status    int    // what was decided; 0: to say nothing
	MessageID string // of a 2xx
	Withheld  bool   // the answer was held back past the sender's time limit, or never given
}

func (c Call) taken() bool { return c.Status >= 200 && c.Status <= 299 }

// Message is a row of the store.
type Message struct {
	models.Message

	Window int64 // the window that its last claim drew from; 0: none, or not kept by the store
}

// Posted is a message whose 201 came, or its line in the answer to a batch. One that
// was posted again under its key is there once for each answer.
type Posted struct {
	ID, To, Content string

	Key      string        // of the request, empty: none
	Batch    bool          // it came in a batch: its id is made of its key, which is not reserved
	SendAt   time.Time     // when it was to go out; zero: at once
	Validity time.Duration // 0: for ever
}

// Change is one call that was to cancel, retry or erase a message.
type Change struct {
	Action          models.Action
	ID              string
	Asked, Answered time.Time
	Status          int // of the answer; 0: none came
}

// mayHaveHappened reports whether the call was not refused.
func (c Change) mayHaveHappened() bool { return c.Status < 400 || c.Status >= 500 }

// Death is the end of a process that could not do anything about it, or a pause
// longer than its claims last.
type Death struct {
	Replica string
	At      time.Time // not before it was over
}

// Switch is one call of start, stop or pace.
type Switch struct {
	Action models.Action
	Reason string      // unlike any other
	Status int         // of the answer; 0: none came
	Pace   models.Pace // that it asked for
}

// Window is the number of the current window as somebody was told it.
type Window struct {
	Asked, Told time.Time
	Seq         int64
}
