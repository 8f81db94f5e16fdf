package chaos

import (
	"time"

	"auto-message-sender/internal/models"
)

// The rules about when a message may go out.
const (
	RuleTooEarly Rule = "begun before it was to be sent"
	RuleTooLate  Rule = "begun after its validity"
)

// lateness is how long it may take from the last look at the clock to the ledger: a
// process may be frozen there.
const lateness = time.Second

// inTime holds that the times asked for are those stored, and that nothing is sent
// before send_at or after expires_at.
func (r *reconciliation) inTime(m Message, calls []Call) {
	key := m.ID.Text
	posted, known := r.posted[key]
	if known {
		r.asPosted(m, posted)
	}
	for _, call := range calls {
		if !posted.SendAt.IsZero() && call.At.Before(posted.SendAt.Add(-r.tolerance())) {
			r.violated(RuleTooEarly, key, "called %s too early", posted.SendAt.Sub(call.At))
		}
		if r.over(m, call.At) {
			r.violated(RuleTooLate, key, "called %s too late", call.At.Sub(m.ExpiresAt))
		}
	}
	for _, attempt := range m.Attempts {
		if r.over(m, attempt.StartedAt) {
			r.violated(RuleTooLate, key, "attempt %d began %s too late", attempt.Number, attempt.StartedAt.Sub(m.ExpiresAt))
		}
	}
	if m.Status == models.StatusExpired && (m.ExpiresAt.IsZero() || m.ExpiresAt.After(r.facts.Ended.Add(r.tolerance()))) {
		r.violated(RuleUndone, key, "expired before its time, which is %s", m.ExpiresAt)
	}
}

func (r *reconciliation) over(m Message, at time.Time) bool {
	return !m.ExpiresAt.IsZero() && at.After(m.ExpiresAt.Add(lateness+r.tolerance()))
}

// asPosted compares the times stored with those asked for. A send_at that has passed
// when the message is accepted means at once, and its validity counts from it all the
// same; a retry counts the validity anew.
func (r *reconciliation) asPosted(m Message, posted Posted) {
	due := posted.SendAt
	if due.IsZero() {
		due = m.CreatedAt
	}
	if m.SendAt.IsZero() && !posted.SendAt.IsZero() && m.CreatedAt.Before(posted.SendAt.Add(-r.tolerance())) ||
		!m.SendAt.IsZero() && !m.SendAt.Equal(posted.SendAt) {
		r.violated(RuleChanged, m.ID.Text, "to be sent at %s, stored as %s", posted.SendAt, m.SendAt)
	}
	if m.ExpiresAt.IsZero() != (posted.Validity == 0) {
		r.violated(RuleChanged, m.ID.Text, "valid for %s, stored as until %s", posted.Validity, m.ExpiresAt)
		return
	}
	if posted.Validity == 0 {
		return
	}
	off := m.ExpiresAt.Sub(due.Add(posted.Validity))
	if off < 0 || off > 0 && !r.mayBeRetried(m.ID.Text) {
		r.violated(RuleChanged, m.ID.Text, "valid for %s, stored as %s more", posted.Validity, off)
	}
}
