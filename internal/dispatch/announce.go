package dispatch

import (
	"time"

	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/models"
)

// announce tells of what was recorded, beside the writes and not before them:
// one line of log an attempt, a receipt for each message sent, and an event for
// whoever listens.
func (r *recorder) announce(recorded <-chan []landing) {
	for batch := range recorded {
		if r.options.events().Wanted() {
			r.publish(batch)
		}
		for _, l := range batch {
			r.log(l)
			if l.outcome.Result == models.ResultSent && l.outcome.MessageID != "" {
				r.options.Receipts.Sent(l.outcome.MessageID, l.outcome.At)
			}
		}
	}
}

// publish tells of those outcomes that stand.
func (r *recorder) publish(batch []landing) {
	happened := make([]models.Event, 0, len(batch))
	for _, l := range batch {
		if l.begun() && l.applied {
			happened = append(happened, eventOf(l.outcome))
		}
	}
	r.options.events().Publish(happened...)
}

// log writes the one line about an attempt, if anybody reads lines of its level:
// putting a line together costs as much as a small write.
func (r *recorder) log(l landing) {
	level, text := tell(l)
	if !r.lines.Logger.IsLevelEnabled(level) {
		return
	}
	// The webhook's own words (Reply.Detail) may repeat the message, so they stay
	// in the store.
	fields := logrus.Fields{"message_id": l.message.ID.Text, "attempt": l.message.Attempt}
	if !l.begun() || l.reply.Code != "" {
		fields["reason"] = l.reply.Reason
	}
	if l.begun() {
		fields["duration_ms"] = l.reply.Duration.Milliseconds()
		fields["status_code"] = l.reply.StatusCode
	}
	if l.begun() && l.reply.Code != "" {
		fields["error_code"] = l.outcome.ErrorCode
	}
	if l.applied && l.outcome.Result == models.ResultRetry {
		fields["next_attempt_at"] = l.outcome.NextAttemptAt.UTC().Format(time.RFC3339)
	}
	if l.trace != nil {
		fields["trace_id"] = l.trace.ID()
	}
	r.lines.WithFields(fields).Log(level, text)
}

// tell says in words what came of an attempt.
func tell(l landing) (level logrus.Level, text string) {
	switch {
	case !l.begun():
		return logrus.InfoLevel, "message given back before its attempt began"
	case !l.applied:
		return logrus.WarnLevel, "outcome not recorded: the claim no longer stood"
	case l.outcome.Result == models.ResultFailed:
		return logrus.ErrorLevel, "message failed"
	case l.outcome.Result == models.ResultRetry && l.outcome.Uncounted:
		return logrus.WarnLevel, "message postponed: the webhook fails as a whole or asked for a pause, the attempt does not count"
	case l.outcome.Result == models.ResultRetry:
		return logrus.WarnLevel, "attempt failed, to be repeated"
	default: // its provider's id is in the store: an answer may echo anything
		return logrus.InfoLevel, "message sent"
	}
}
