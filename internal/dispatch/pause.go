package dispatch

import (
	"time"

	"auto-message-sender/internal/webhook"
)

const (
	// The pause after a 429 that says nothing of when, and the longest that it
	// doubles to while nothing else is answered.
	firstPause = time.Second
	maxPause   = time.Minute
	// maxAskedPause is the longest pause that a webhook can ask for.
	maxAskedPause = time.Hour
	// maxAskers bounds what is remembered of messages that were answered with a pause.
	maxAskers = 1000
)

// pauses is the breaker's part that keeps to what the webhook asks for: after 429,
// or 503 with Retry-After, nothing is claimed for that long. Such an attempt was no
// failure of the message and is not counted.
//
// A webhook may mean only the one recipient. So it pauses all others once; where it
// asks again for the same message, and has taken others between, that message
// waits alone, longer each time.
type pauses struct {
	until    time.Time
	since    time.Time
	reason   string
	own      time.Duration // the pause after a 429 without Retry-After; 0: the next begins anew
	accepted uint64        // messages taken, ever
	askers   map[string]asker
	told     time.Time // the end that was told of
}

// asker is a message that was answered with a pause.
type asker struct {
	times    int
	accepted uint64 // as it was then
}

// holdAt reports whether a pause holds at now.
func (p *pauses) holdAt(now time.Time) bool { return now.Before(p.until) }

// answered takes in an answer that asks for no pause.
func (p *pauses) answered(id string, accepted bool) {
	p.own = 0
	if accepted {
		p.accepted++
	}
	if len(p.askers) > 0 {
		delete(p.askers, id)
	}
}

// asked takes in that the webhook asks for a pause about the message, and reports
// whether it has done so before with others taken between, and how long that one
// is to wait then.
func (p *pauses) asked(id string) (alone bool, wait time.Duration) {
	before, known := p.askers[id]
	if !known && len(p.askers) >= maxAskers {
		clear(p.askers)
	}
	p.askers[id] = asker{times: before.times + 1, accepted: p.accepted}
	wait = min(firstPause<<min(before.times, 12), maxAskedPause)
	return known && before.accepted != p.accepted, jittered(wait, retryJitter)
}

// length is how long to pause. A 429 without Retry-After doubles the last pause,
// unless its attempt was already under way then: of many at once, one counts.
func (p *pauses) length(current bool, asked time.Duration) time.Duration {
	if asked > 0 {
		return min(asked, maxAskedPause)
	}
	if p.own == 0 {
		p.own = firstPause
	} else if current {
		p.own = min(2*p.own, maxPause)
	}
	return p.own
}

// pause takes in an answer that asks for one, and rules on its message.
func (b *breaker) pause(current bool, id string, reply webhook.Reply) ruling {
	p, now := &b.pauses, b.now()
	alone, wait := p.asked(id)
	if alone {
		return ruling{uncounted: true, redraw: true, wait: max(wait, reply.RetryAfter)}
	}
	length := p.length(current, reply.RetryAfter)
	if !p.holdAt(now) {
		p.since, p.told = now, time.Time{}
	}
	if until := now.Add(length); until.After(p.until) {
		p.until, p.reason = until, reply.Reason
	}
	if current {
		b.turn()
	}
	b.tellPaused(reply)
	wait, _ = b.held()
	return ruling{uncounted: true, redraw: true, wait: wait + behindPeers + spread()}
}
