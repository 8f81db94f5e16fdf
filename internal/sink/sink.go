// Package sink is a webhook to try the service against, and to test it with. It
// takes any POST for a message, answers as it was told to – at once or late,
// accepting or refusing, all calls or a share of them – and tells what came in:
// a line for each call on a terminal, and a line of JSON in a ledger.
//
//	receive → decide → ledger → print → wait → answer
//
// The ledger is the truth about what has arrived. Its line is written, with one
// write to an append-only file, before the first byte of the answer leaves. So a
// test that kills the sender half way, or lets it run out of time while the sink
// still waits, finds the call there all the same; and when the sink itself is
// killed, every call that got an answer has its line. When a line cannot be
// written the call is answered with an error, whatever was decided.
//
// The sink shows numbers and contents, because that is what it is for. Headers,
// where the sender's key is, it neither shows nor keeps.
package sink

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Options is how the sink behaves. The zero value, with the three functions,
// accepts everything at once and in silence.
type Options struct {
	Latency    time.Duration // how long after its call an answer leaves
	FailRate   float64       // share of the calls that fail, from 0 to 1
	Status     int           // what those that fail are answered, 200 to 599; 0 where none fails
	RetryAfter time.Duration // header of answers that refuse, in whole seconds, rounded up; 0: none

	Ledger io.Writer // one Write of one line for each call; nil: no ledger
	Out    io.Writer // one line for each call, for people; nil: quiet

	Now   func() time.Time
	Draw  func() float64 // from 0 to less than 1; the call fails below FailRate; concurrently called
	NewID func() string  // the id of an accepted message; concurrently called
}

// Sink is the webhook. It is safe for concurrent use.
type Sink struct {
	options    Options
	retryAfter string // as the header has it, empty for none

	printing sync.Mutex // Options.Out is anybody's
	writing  sync.Mutex // and so is Options.Ledger

	received, accepted, failed atomic.Int64
}

// New returns a sink, or all that is wrong with the options.
func New(options Options) (*Sink, error) {
	var wrong []error
	if options.Latency < 0 {
		wrong = append(wrong, fmt.Errorf("latency must not be negative, as %s is", options.Latency))
	}
	if !(options.FailRate >= 0 && options.FailRate <= 1) { // so written, NaN is refused
		wrong = append(wrong, fmt.Errorf("fail-rate must be from 0 to 1, not %g", options.FailRate))
	}
	if (options.Status != 0 || options.FailRate > 0) && (options.Status < 200 || options.Status > 599) {
		wrong = append(wrong, fmt.Errorf("status must be from 200 to 599, not %d", options.Status))
	}
	if options.RetryAfter < 0 {
		wrong = append(wrong, fmt.Errorf("retry-after must not be negative, as %s is", options.RetryAfter))
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	s := &Sink{options: options}
	if options.RetryAfter > 0 {
		seconds := (options.RetryAfter + time.Second - 1) / time.Second
		s.retryAfter = strconv.FormatInt(int64(seconds), 10)
	}
	return s, nil
}

// Summary counts calls by what was decided on them.
type Summary struct {
	Received int64
	Accepted int64 // with a 2xx
	Failed   int64 // with anything else
}

// String returns the summary as one line.
func (s Summary) String() string {
	return fmt.Sprintf("received %d, accepted %d, failed %d", s.Received, s.Accepted, s.Failed)
}

// Summary returns the counts so far.
func (s *Sink) Summary() Summary {
	return Summary{Received: s.received.Load(), Accepted: s.accepted.Load(), Failed: s.failed.Load()}
}

// count adds one call that was decided.
func (s *Sink) count(status int) {
	s.received.Add(1)
	if isAccepted(status) {
		s.accepted.Add(1)
	} else {
		s.failed.Add(1)
	}
}

func isAccepted(status int) bool { return status >= 200 && status <= 299 }
