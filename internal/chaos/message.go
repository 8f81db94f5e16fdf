package chaos

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"auto-message-sender/internal/models"
)

// message compares one message with its calls.
func (r *reconciliation) message(m Message, calls []Call) {
	r.summary.Messages++
	key := m.ID.Text
	body := hashOf(m.To, m.Content)
	if posted, known := r.posted[key]; known { // the row may have been erased
		body = hashOf(posted.To, posted.Content)
	}
	taken := 0
	for _, call := range calls {
		if call.Body != body {
			r.violated(RuleBody, key, "")
		}
		if call.taken() {
			taken++
		}
	}
	r.summary.Duplicates += max(0, taken-1)

	answers := r.attempts(m, calls)
	switch m.Status { //nolint:exhaustive // any other is not final
	case models.StatusSent:
		r.summary.Sent++
		r.sent(m, calls, answers)
	case models.StatusFailed:
		r.summary.Failed++
		r.failed(m, answers)
	case models.StatusCanceled:
		r.summary.Canceled++
		r.notSent(m, answers)
	case models.StatusExpired:
		r.summary.Expired++
		r.notSent(m, answers)
	case models.StatusScheduled:
		r.summary.Scheduled++
		if !m.SendAt.After(r.facts.Ended) || len(m.Attempts) > 0 {
			r.violated(RuleNotFinal, key, "it is scheduled for %s, after %d attempts", m.SendAt, m.AttemptCount)
		}
	default:
		r.violated(RuleNotFinal, key, "it is %s after %d attempts", m.Status, m.AttemptCount)
	}
	// Every call is an answer that was recorded, or belongs to an attempt of unknown
	// outcome; each of these made one call at most.
	if len(calls) > len(answers.codes)+answers.unknown {
		r.violated(RuleUnexplained, key, "%d calls, %d answers recorded, %d attempts of unknown outcome",
			len(calls), len(answers.codes), answers.unknown)
	}
	if taken > answers.taken+answers.unknown {
		r.violated(RuleUnexplained, key, "%d times taken, %d times recorded, %d attempts of unknown outcome",
			taken, answers.taken, answers.unknown)
	}
}

// sent checks a message that was sent.
func (r *reconciliation) sent(m Message, calls []Call, answers answers) {
	key := m.ID.Text
	given := slices.ContainsFunc(calls, func(c Call) bool {
		return c.taken() && (m.MessageID == "" || c.MessageID == m.MessageID)
	})
	switch {
	case !slices.ContainsFunc(calls, Call.taken):
		r.violated(RuleSentUntaken, key, "%d calls", len(calls))
	case !given:
		r.violated(RuleWrongAnswer, key, "its message_id is not one that it was answered with")
	}
	if answers.taken != 1 {
		r.violated(RuleCount, key, "sent with %d attempts that succeeded", answers.taken)
	}
}

// notSent checks a message that was canceled or expired: had the webhook's answer
// been seen, it would be sent.
func (r *reconciliation) notSent(m Message, answers answers) {
	if answers.taken > 0 {
		r.violated(RuleFailure, m.ID.Text, "%s although an answer of 2xx was recorded", m.Status)
	}
}

// failed checks the reason of a message that failed.
func (r *reconciliation) failed(m Message, answers answers) {
	last := 0
	if len(answers.codes) > 0 {
		last = answers.codes[len(answers.codes)-1]
	}
	exhausted := m.AttemptCount-m.PriorAttempts >= r.facts.Limits.MaxAttempts
	switch {
	case answers.taken > 0:
		r.violated(RuleFailure, m.ID.Text, "failed (%s) although an answer of 2xx was recorded", m.ErrorCode)
	case m.ErrorCode == models.ErrorCodeAttemptsExhausted, m.ErrorCode == models.ErrorCodeTimeout,
		m.ErrorCode == models.ErrorCodeConnectionLost, m.ErrorCode == models.ErrorCodeUnreachable:
		if !exhausted {
			r.violated(RuleFailure, m.ID.Text, "%s after %d attempts", m.ErrorCode, m.AttemptCount)
		}
	case m.ErrorCode == models.ErrorCodeOutcomeUnknown:
		if !r.facts.Limits.Hold || answers.unknown == 0 {
			r.violated(RuleFailure, m.ID.Text, "held, with %d attempts of unknown outcome", answers.unknown)
		}
	case m.ErrorCode == fmt.Sprintf("http_%d", last):
		if isRetried(last) && !exhausted {
			r.violated(RuleFailure, m.ID.Text, "%s after %d attempts", m.ErrorCode, m.AttemptCount)
		}
	default:
		r.violated(RuleFailure, m.ID.Text, "%q, last answered %d", m.ErrorCode, last)
	}
}

// isRetried reports whether an answer is one to be tried again after.
func isRetried(status int) bool {
	return status == 408 || status == 425 || status == 429 || status >= 500
}

// hashOf returns the hash of the body that a message must be sent with.
func hashOf(to, content string) string {
	body := []byte(`{"to":`)
	body, _ = jsontext.AppendQuote(body, to)
	body = append(body, `,"content":`...)
	body, _ = jsontext.AppendQuote(body, content)
	sum := sha256.Sum256(append(body, '}'))
	return hex.EncodeToString(sum[:])
}
