package dispatch

import (
	"time"

	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/models"
)

// announce tells of what was recorded, beside the writes and not before them:
// one line of log an attempt, and a receipt for each message sent.
func (r *recorder) announce(recorded <-chan []landing) {
	for batch := range recorded {
		for _, l := range batch {
			r.log(l)
			if l.outcome.Result == models.ResultSent && l.outcome.MessageID != "" {
				r.options.Receipts.Sent(l.outcome.MessageID, l.outcome.At)
			}
		}
	}
}

// log writes the one line about an attempt. The webhook's own words
// (Reply.Detail) may repeat the message, so they stay in the store.
func (r *recorder) log(l landing) {
	fields := logrus.Fields{"message_id": l.message.ID.Text, "attempt": l.message.Attempt}
	if !l.begun() {
		fields["reason"] = l.reply.Reason
		r.options.Log.WithFields(fields).Info("message given back before its attempt began")
		return
	}
	fields["duration_ms"] = l.reply.Duration.Milliseconds()
	fields["status_code"] = l.reply.StatusCode
	if l.reply.Code != "" {
		fields["error_code"] = l.outcome.ErrorCode
		fields["reason"] = l.reply.Reason
	}
	level, text := logrus.InfoLevel, "message sent"
	switch {
	case !l.applied:
		level, text = logrus.WarnLevel, "outcome not recorded: the claim no longer stood"
	case l.outcome.Result == models.ResultSent: // its provider's id is in the store: an answer may echo anything
	case l.outcome.Result == models.ResultRetry:
		fields["next_attempt_at"] = l.outcome.NextAttemptAt.UTC().Format(time.RFC3339)
		level, text = logrus.WarnLevel, "attempt failed, to be repeated"
	case l.outcome.Result == models.ResultFailed:
		level, text = logrus.ErrorLevel, "message failed"
	}
	r.options.Log.WithFields(fields).Log(level, text)
}
