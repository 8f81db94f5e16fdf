package dispatch

import (
	"time"

	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// What the lines of the log are about.
const (
	aboutOpening = iota
	aboutProbes
	aboutClosing
	aboutPauses
	aboutPauseEnds
	subjects // how many there are
)

const (
	// tellEvery is how often one kind of line may be told: a webhook that fails now
	// and then, or limits the rate, moves the breaker many times a second. What comes
	// sooner is told at debug level.
	tellEvery = 10 * time.Second
	// longPause is worth a line in any case.
	longPause = time.Minute
)

// health returns how the webhook is, in the time of the breaker's clock.
func (b *breaker) health() models.WebhookHealth {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	health := models.WebhookHealth{State: b.state, Since: b.since, Reason: b.reason}
	if b.state == models.WebhookOpen && now.Before(b.probeAt) {
		health.RetryAt = b.probeAt
	}
	if b.pauses.holdAt(now) {
		health.State, health.Since, health.Reason = models.WebhookPaused, b.pauses.since, b.pauses.reason
		if b.pauses.until.After(health.RetryAt) {
			health.RetryAt = b.pauses.until
		}
	} else if b.state == models.WebhookClosed && b.pauses.until.After(b.since) {
		health.Since = b.pauses.until
	}
	return health
}

// level returns the level for a line about a subject.
func (b *breaker) level(subject int, level logrus.Level) logrus.Level {
	now := b.now()
	if last := b.told[subject]; !last.IsZero() && now.Sub(last) < tellEvery {
		return logrus.DebugLevel
	}
	b.told[subject] = now
	return level
}

func (b *breaker) tellOpen(subject int, text string, reply webhook.Reply) {
	b.log.WithFields(logrus.Fields{
		"error_code": reply.Code, "reason": reply.Reason, "probe_in_ms": b.probeAt.Sub(b.now()).Milliseconds(),
	}).Log(b.level(subject, logrus.WarnLevel), text)
}

func (b *breaker) tellClosed() {
	b.log.WithField("duration_ms", b.now().Sub(b.since).Milliseconds()).
		Log(b.level(aboutClosing, logrus.InfoLevel), "the webhook answers again: claims begin, slowly at first")
}

// tellPaused tells of a pause when it begins, and again when it has become much longer.
func (b *breaker) tellPaused(reply webhook.Reply) {
	p := &b.pauses
	if !p.told.IsZero() && p.until.Sub(p.told) < longPause {
		return
	}
	p.told = p.until
	left := p.until.Sub(b.now())
	level := b.level(aboutPauses, logrus.WarnLevel)
	if left >= longPause {
		level = logrus.WarnLevel
	}
	b.log.WithFields(logrus.Fields{
		"error_code": reply.Code, "reason": reply.Reason, "pause_ms": left.Milliseconds(),
	}).Log(level, "the webhook asks for a pause: nothing is claimed meanwhile")
}

// tellPauseOver tells, once, that a pause which was told of has ended.
func (b *breaker) tellPauseOver() {
	p := &b.pauses
	if p.told.IsZero() {
		return
	}
	lasted := p.until.Sub(p.since)
	level := b.level(aboutPauseEnds, logrus.InfoLevel)
	if lasted >= longPause {
		level = logrus.InfoLevel
	}
	text := "the pause that the webhook asked for is over: claims begin, slowly at first"
	if b.state != models.WebhookClosed {
		text = "the pause that the webhook asked for is over: it fails as a whole still"
	}
	b.log.WithField("duration_ms", lasted.Milliseconds()).Log(level, text)
	p.told = time.Time{}
}
