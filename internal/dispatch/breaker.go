package dispatch

import (
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

const (
	// failuresToOpen is how many different messages must fail in a row: one that
	// the webhook cannot digest is no outage.
	failuresToOpen = 5
	// The wait before the first probe, and the longest that it doubles to. Where the
	// webhook answers, and refuses, a probe costs nobody anything. One whose outcome
	// is unknown costs its message an attempt.
	firstProbeWait      = 5 * time.Second
	maxWaitAfterRefusal = 10 * time.Second
	maxWaitAfterFailure = time.Minute
	maxWaitAfterUnknown = 5 * time.Minute
	probeJitter         = 0.2
)

func maxProbeWait(reply webhook.Reply) time.Duration {
	switch {
	case reply.Unknown:
		return maxWaitAfterUnknown
	case reply.Verdict == webhook.Refused:
		return maxWaitAfterRefusal
	default:
		return maxWaitAfterFailure
	}
}

// breaker holds claims back while the webhook fails as a whole, or has asked for a
// pause, so that an outage costs a few attempts and not the backlog's. It is this
// replica's alone and lives in memory: it goes by the answers to its own attempts.
//
//	five different messages fail in a row    closed  ──▶ open
//	the wait is over: one message is claimed   open  ──▶ probing
//	the probe fails: twice the wait         probing  ──▶ open
//	the probe is answered                   probing  ──▶ closed
//
// A pause (pause.go) lies over any of these. After either, claims begin slowly: one
// attempt at a time, then two, four, … so that no herd falls on a webhook that has
// just come back.
//
// What an attempt says counts only in the epoch that it was claimed in: answers
// that were under way when the breaker opened, or the pause began, are older news.
type breaker struct {
	now         func() time.Time
	log         logrus.FieldLogger
	maxInFlight int

	mu       sync.Mutex
	state    models.WebhookState // closed, open or probing; whether paused is for pauses to say
	since    time.Time           // it left closed, or came back to it; zero: closed from the beginning
	reason   string              // the failure that opened it
	epoch    uint64
	redrawn  uint64        // the epoch in which held up messages were last made to draw again
	underway int           // attempts of this epoch
	streak   []string      // closed: messages that failed, with no other answer between
	wait     time.Duration // not closed: before the next probe, without jitter
	probeAt  time.Time     // open
	suspects suspects
	limit    int // of underway, while claims begin slowly; 0: none
	answered int // attempts that were, since limit was last raised
	pauses   pauses
	told     [subjects]time.Time // the log's last line about each
}

func newBreaker(options Options) *breaker {
	return &breaker{
		now: options.Now, log: options.Log, maxInFlight: options.MaxInFlight,
		state: models.WebhookClosed, suspects: newSuspects(), pauses: pauses{askers: make(map[string]asker)},
	}
}

// permit is what an attempt was claimed under.
type permit struct {
	epoch uint64
	probe bool
}

// grant is how many messages may be claimed now.
type grant struct {
	n      int
	permit permit
	// redraw: what is due has been held up and must be made to draw again first.
	redraw bool
	// busy, where n is 0: the end of an attempt that is under way will allow more.
	// Otherwise time will.
	busy bool
}

// grant says how many of the free slots may be filled.
func (b *breaker) grant(free int) grant {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	under := permit{epoch: b.epoch}
	if b.pauses.holdAt(now) {
		return grant{}
	}
	b.tellPauseOver()
	switch {
	case b.state == models.WebhookProbing:
		return grant{busy: true}
	case b.state == models.WebhookOpen && now.Before(b.probeAt):
		return grant{busy: b.mayProbeSooner()}
	case b.state == models.WebhookOpen:
		under.probe = true
		return grant{n: 1, permit: under, redraw: b.redrawn != b.epoch}
	case b.limit > 0:
		n := max(0, min(free, b.limit-b.underway))
		return grant{n: n, permit: under, redraw: b.redrawn != b.epoch, busy: n == 0}
	default:
		return grant{n: free, permit: under}
	}
}

// madeDraw is told that held up messages were made to draw again under a permit.
func (b *breaker) madeDraw(under permit) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.redrawn = under.epoch
}

// took is told how many messages were claimed under a permit, before their attempts.
func (b *breaker) took(under permit, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n == 0 || under.epoch != b.epoch {
		return
	}
	b.underway += n
	if under.probe {
		b.state = models.WebhookProbing
	}
}

// mayBegin is asked before the first byte: what was claimed, or connected, while
// the breaker opened or a pause began is given back.
func (b *breaker) mayBegin(under permit) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return under.epoch == b.epoch && !b.pauses.holdAt(b.now())
}

// works takes in that the webhook does its work.
func (b *breaker) works(current, probe bool, id string, accepted bool) {
	b.pauses.answered(id, accepted)
	if accepted {
		b.suspects.taken()
	}
	switch {
	case probe:
		b.close()
	case b.state == models.WebhookClosed:
		b.streak = nil
		if current {
			b.faster()
		}
	case accepted && b.mayProbeSooner():
		b.probeAt = b.now()
	}
}

// mayProbeSooner reports whether a message taken ends the wait for the probe: the
// first wait after the breaker opened. Of many attempts at once a few that failed may
// have come first, and that is no outage.
func (b *breaker) mayProbeSooner() bool {
	return b.state == models.WebhookOpen && b.wait == firstProbeWait
}

// faster raises the limit when as many as it were answered.
func (b *breaker) faster() {
	if b.limit == 0 {
		return
	}
	if b.answered++; b.answered < b.limit {
		return
	}
	b.limit, b.answered = 2*b.limit, 0
	if b.limit >= b.maxInFlight {
		b.limit = 0
	}
}

// fails takes in a failure.
func (b *breaker) fails(current, probe bool, id string, reply webhook.Reply) {
	switch {
	case probe:
		b.open(reply, min(2*b.wait, maxProbeWait(reply)))
		b.tellOpen(aboutProbes, "the webhook still fails: the probe was no better", reply)
	case !current || b.state != models.WebhookClosed:
	case reply.Code == models.ErrorCodeUnreachable:
		// It never saw the message, so it cannot be the message's fault: each counts.
		b.streak = append(b.streak, id)
	case !slices.Contains(b.streak, id):
		b.streak = append(b.streak, id)
	}
	if len(b.streak) >= failuresToOpen {
		b.since = b.now()
		b.open(reply, firstProbeWait)
		b.tellOpen(aboutOpening, "the webhook fails as a whole: nothing is claimed until it answers a probe", reply)
	}
}

// open begins a wait for the next probe.
func (b *breaker) open(reply webhook.Reply, wait time.Duration) {
	b.turn()
	b.state, b.reason, b.streak = models.WebhookOpen, reply.Reason, nil
	b.wait, b.probeAt = wait, b.now().Add(jittered(wait, probeJitter))
}

// close lets claims begin again, slowly.
func (b *breaker) close() {
	b.turn()
	b.tellClosed()
	b.suspects.closed()
	b.state, b.since, b.reason, b.wait = models.WebhookClosed, b.now(), "", 0
}

// turn begins an epoch: what is under way belongs to the last one.
func (b *breaker) turn() {
	b.epoch++
	b.underway, b.limit, b.answered = 0, 1, 0
}
