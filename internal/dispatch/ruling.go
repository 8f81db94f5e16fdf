package dispatch

import (
	"net/http"
	"time"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// ruling is what the breaker makes of one attempt's message.
type ruling struct {
	uncounted bool          // the attempt is taken back
	redraw    bool          // a retry draws from a window again
	wait      time.Duration // a retry comes no sooner
}

// judge takes in the reply to an attempt, and rules on its message. The breaker
// moves first: the failure that opens it is itself postponed.
func (b *breaker) judge(under permit, id string, reply webhook.Reply) ruling {
	b.mu.Lock()
	defer b.mu.Unlock()
	current := under.epoch == b.epoch
	if current {
		b.underway--
	}
	probe := current && under.probe
	if probe {
		b.state = models.WebhookOpen // until the reply says otherwise
	}
	switch find(reply) {
	case saysNothing:
		return ruling{}
	case asksForPause:
		return b.pause(current, id, reply)
	case works:
		b.works(current, probe, id, reply.Verdict == webhook.Accepted)
		return b.ruleOnRetry(false)
	case fails:
	}
	return b.ruleOnFailure(current, probe, id, reply)
}

func (b *breaker) ruleOnFailure(current, probe bool, id string, reply webhook.Reply) ruling {
	refused := reply.Verdict == webhook.Refused
	if refused && b.suspects.isAlone(id) {
		if probe {
			b.fails(current, probe, id, reply)
		}
		return ruling{} // refused for its own sake, so it has failed
	}
	b.fails(current, probe, id, reply)
	ruled := b.ruleOnRetry(!reply.Unknown)
	if refused && ruled.uncounted {
		b.suspects.refuse(id)
	}
	if probe {
		ruled.wait = b.probeWait(id, ruled.wait)
	}
	return ruled
}

// finding is what a reply says about the webhook as a whole.
type finding int

const (
	saysNothing  finding = iota // nothing was sent
	works                       // it took the message, or answered about it
	fails                       // perhaps as a whole
	asksForPause                // it has enough for now
)

func find(reply webhook.Reply) finding {
	switch status := reply.StatusCode; {
	case reply.Verdict == webhook.NotBegun:
		return saysNothing
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && reply.RetryAfter > 0:
		return asksForPause
	case status == 0, status >= 500 && status <= 599, status == http.StatusUnauthorized,
		status == http.StatusForbidden, status == http.StatusNotFound, status == http.StatusGone:
		return fails
	default:
		return works
	}
}

// ruleOnRetry rules on a message whose attempt has failed, where it is one to be
// repeated: while nothing is claimed it waits until then, and draws again, for the
// attempts of an outage must not all come at once afterwards. Where it is known that
// the webhook, which fails as a whole, did not take it, the attempt is taken back.
func (b *breaker) ruleOnRetry(knownFailure bool) ruling {
	wait, held := b.held()
	if !held {
		return ruling{}
	}
	return ruling{
		uncounted: knownFailure && b.state != models.WebhookClosed,
		redraw:    true,
		wait:      wait + spread(),
	}
}

// held reports whether claims are held back, and for how long as far as one can tell.
func (b *breaker) held() (wait time.Duration, held bool) {
	now := b.now()
	wait = b.pauses.until.Sub(now)
	switch b.state {
	case models.WebhookOpen:
		wait, held = max(wait, b.probeAt.Sub(now)), true
	case models.WebhookProbing:
		wait, held = max(wait, b.wait), true
	case models.WebhookClosed, models.WebhookPaused:
	}
	return max(0, wait), held || wait > 0
}

// probeWait is how long a message waits that has been a failed probe. The first time
// no longer than any retry, for a replica that does reach the webhook may have it: it
// is then the last of those due. But a high priority would put it first again and
// again, so after that it waits for more and more probes of others.
func (b *breaker) probeWait(id string, held time.Duration) time.Duration {
	before := b.suspects.failedProbe(id)
	if before == 0 {
		return 0
	}
	return held<<min(before-1, maxProbeShift) + behindPeers
}

// maxProbeShift bounds the wait of a message that is the probe again and again.
const maxProbeShift = 6

// behindPeers sets a message behind those that come back by themselves in the second
// of spread.
const behindPeers = time.Second

// spread is for messages that come back after the same wait.
func spread() time.Duration { return jittered(time.Second/2, 1) }
