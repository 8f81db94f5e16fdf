package dispatch

import (
	"context"
	"time"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// Observer is told what the pipeline of this replica does, so that it can be counted.
// It is told on the way of every message, by several goroutines at once: its methods
// must be quick and never block. What happened to one message in particular is a
// Tracer's to follow.
type Observer interface {
	// Claimed tells of a claim that the store has answered.
	Claimed(claiming Claiming)
	// Attempted tells of an attempt as soon as it has ended, whether or not the store
	// can be told.
	Attempted(attempt Attempted)
	// Recorded tells of outcomes that the store has answered for.
	Recorded(recording Recording)
	// Moved tells that n messages, at least one, have gone another way than that.
	Moved(how Movement, n int)
	// StoreFailed tells that the store did not do what it was asked.
	StoreFailed(operation Operation)
}

// Claiming is what came of one claim.
type Claiming struct {
	Claimed      int
	Took         time.Duration
	WindowOpened bool
	// WindowsMissed are those before the one opened that nobody has opened: no slot
	// was free, the webhook was not to be asked, the store or every replica was away.
	// Without a cap there is nothing to miss.
	WindowsMissed int
}

// Attempted is an attempt that has ended.
type Attempted struct {
	Outcome  AttemptOutcome
	Cause    webhook.Cause
	Duration time.Duration // of the webhook's call
}

// AttemptOutcome is what an attempt came to.
type AttemptOutcome int

// The outcomes of attempts.
const (
	AttemptSent     AttemptOutcome = iota
	AttemptRetry                   // to be tried again
	AttemptFailed                  // for good
	AttemptHeld                    // nobody knows, and a person decides (UNKNOWN_OUTCOME=hold)
	AttemptNotBegun                // nothing was sent, and the claim is given back
	attemptOutcomes                // how many there are
)

// String returns the outcome in one word.
func (o AttemptOutcome) String() string {
	return [attemptOutcomes]string{"sent", "retry", "failed", "held", "not_begun"}[o]
}

// AttemptOutcomes lists every outcome.
func AttemptOutcomes() []AttemptOutcome {
	return []AttemptOutcome{AttemptSent, AttemptRetry, AttemptFailed, AttemptHeld, AttemptNotBegun}
}

// Recording is what came of recording some outcomes with one write.
type Recording struct {
	Took   time.Duration
	Sent   int // now so in the store, as are the next two
	Failed int
	Retry  int
	Fenced int // the claim no longer stood, and nothing changed
}

// Movement is how messages move beside the way from claim to record.
type Movement int

// The movements.
const (
	MovedAdopted Movement = iota // inserted by hand, and valid
	MovedRefused                 // inserted by hand, and invalid: failed
	MovedExpired                 // not sent within their validity
	MovedRescued                 // their claim ran out with no outcome
	MovedErased                  // older than RETENTION: recipient and content are gone
)

// Operation is what was asked of the store.
type Operation int

// The operations.
const (
	OperationState  Operation = iota // read or change the scheduler's record
	OperationClaim                   // claim, with the window, and make what was held up draw again
	OperationRecord                  // record outcomes, and give claims back
	OperationRescue                  // find claims that have lapsed, and end them
	OperationQueue                   // adopt, promote, expire
	OperationUpkeep                  // forget reservations, prune
	operations                       // how many there are
)

// String returns the operation in one word.
func (o Operation) String() string {
	return [operations]string{"state", "claim", "record", "rescue", "queue", "upkeep"}[o]
}

// Operations lists every operation.
func Operations() []Operation {
	return []Operation{
		OperationState, OperationClaim, OperationRecord, OperationRescue, OperationQueue, OperationUpkeep,
	}
}

// observer returns who is told.
func (o Options) observer() Observer {
	if o.Observer == nil {
		return unobserved{}
	}
	return o.Observer
}

// storeFailed tells that the store did not do what it was asked, unless ctx has ended
// and the error is only the echo of that.
func (o Options) storeFailed(ctx context.Context, operation Operation) {
	if ctx.Err() == nil {
		o.observer().StoreFailed(operation)
	}
}

// unobserved counts nothing.
type unobserved struct{}

func (unobserved) Claimed(Claiming)      {}
func (unobserved) Attempted(Attempted)   {}
func (unobserved) Recorded(Recording)    {}
func (unobserved) Moved(Movement, int)   {}
func (unobserved) StoreFailed(Operation) {}

// attempted returns what an attempt is counted as.
func attempted(l *landing) Attempted {
	ended := Attempted{Cause: l.reply.Cause, Duration: l.reply.Duration}
	switch {
	case !l.begun():
		ended.Outcome = AttemptNotBegun
	case l.outcome.Result == models.ResultSent:
		ended.Outcome = AttemptSent
	case l.outcome.Result == models.ResultRetry:
		ended.Outcome = AttemptRetry
	case l.outcome.ErrorCode == models.ErrorCodeOutcomeUnknown:
		ended.Outcome = AttemptHeld
	default:
		ended.Outcome = AttemptFailed
	}
	return ended
}

// recorded counts what one write has made of outcomes.
func recorded(outcomes []models.Outcome, applied []bool, took time.Duration) Recording {
	recording := Recording{Took: took}
	for i := range outcomes {
		switch {
		case !applied[i]:
			recording.Fenced++
		case outcomes[i].Result == models.ResultSent:
			recording.Sent++
		case outcomes[i].Result == models.ResultRetry:
			recording.Retry++
		default:
			recording.Failed++
		}
	}
	return recording
}

// windowsMissed counts the windows between the one that was due before and the one
// that has been opened: see Claiming.
func windowsMissed(before, opened models.Scheduler) int {
	sameWindows := before.StartID == opened.StartID && before.Pace == opened.Pace && before.WindowSeq+1 == opened.WindowSeq
	if !sameWindows || opened.PerWindow == 0 || opened.Interval <= 0 {
		return 0
	}
	// Both are on the phase of the start, but for the precision of the store's times.
	passed := opened.NextWindowAt.Sub(before.NextWindowAt) + opened.Interval/2
	return max(0, int(passed/opened.Interval)-1)
}
