package chaos

import (
	"net/http"
	"time"

	"auto-message-sender/internal/models"
)

// The rules about what people do to messages.
const (
	RuleCalledOff Rule = "begun after the answer that calls it off"
	RuleUndone    Rule = "changed by an answer, and not so in the store"
	RuleErased    Rule = "erased, and something of it is left"
	RuleNobody    Rule = "changed, and nobody asked for it"
)

// erasedText is what may stand in the place of an error that was erased.
const erasedText = "erased"

// changed holds that what was canceled or erased did not go out after that was
// answered, that what an answer said was done is what the store shows, and that
// nothing was done that nobody asked for.
func (r *reconciliation) changed(m Message, calls []Call) {
	key := m.ID.Text
	asked := map[models.Action]bool{}
	for _, change := range r.changes[key] {
		asked[change.Action] = asked[change.Action] || change.mayHaveHappened()
		switch change.Status {
		case http.StatusOK:
			r.stands(m, calls, change)
		case http.StatusNotFound:
			r.violated(RuleLost, key, "%s was answered 404", change.Action)
		case http.StatusConflict:
			if change.Action == models.ActionCancel && m.Status == models.StatusScheduled {
				r.violated(RuleUndone, key, "could not be canceled, and still waits")
			}
		}
	}
	if m.Status == models.StatusCanceled && !asked[models.ActionCancel] && !asked[models.ActionErase] {
		r.violated(RuleNobody, key, "canceled")
	}
	r.passedOver(m)
	if m.PriorAttempts > 0 && !r.mayBeRetried(key) {
		r.violated(RuleNobody, key, "retried after %d attempts", m.PriorAttempts)
	}
	if m.ErasedAt.IsZero() {
		return
	}
	r.summary.Erased++
	if !asked[models.ActionErase] {
		r.violated(RuleNobody, key, "erased")
	}
	r.gone(m)
}

// stands checks one change that was answered 200.
func (r *reconciliation) stands(m Message, calls []Call, change Change) {
	key := m.ID.Text
	switch change.Action { //nolint:exhaustive // no other is a change of a message
	case models.ActionCancel:
		if m.Status != models.StatusCanceled && m.Status != models.StatusSent { // sent: by a 2xx that came late
			r.violated(RuleUndone, key, "answered canceled, and is %s", m.Status)
		}
		r.calledOff(m, calls, change.Answered)
	case models.ActionErase:
		if m.ErasedAt.IsZero() {
			r.violated(RuleUndone, key, "answered erased, and is not")
		}
		r.calledOff(m, calls, change.Answered)
	case models.ActionRetry:
		r.summary.Retried++
		since := change.Asked.Add(-r.tolerance())
		if (m.Status == models.StatusFailed && m.FailedAt.Before(since)) ||
			(m.Status == models.StatusExpired && m.ExpiresAt.Before(since)) {
			r.violated(RuleUndone, key, "answered retried, and is %s as before", m.Status)
		}
	}
}

// calledOff holds that no attempt began after the answer. A call may come later only
// by an attempt that had begun before and was given up meanwhile; see
// docs/decisions/0012.
func (r *reconciliation) calledOff(m Message, calls []Call, answered time.Time) {
	late, begun := 0, 0
	for _, call := range calls {
		if call.At.After(answered) {
			late++
		}
	}
	for _, attempt := range m.Attempts {
		switch {
		case attempt.StartedAt.After(answered.Add(r.tolerance())):
			r.violated(RuleCalledOff, m.ID.Text, "attempt %d began %s later", attempt.Number, attempt.StartedAt.Sub(answered))
		case attempt.StatusCode == 0:
			begun++
		}
	}
	if late > begun {
		r.violated(RuleCalledOff, m.ID.Text, "%d calls came later, and %d attempts had begun with no outcome", late, begun)
	}
}

// gone holds that nothing of an erased message is left that tells what it said.
func (r *reconciliation) gone(m Message) {
	if m.To != "" || m.Content != "" || m.Error != "" {
		r.violated(RuleErased, m.ID.Text, "its recipient, content or error")
	}
	for _, attempt := range m.Attempts {
		if attempt.Error != "" && attempt.Error != erasedText {
			r.violated(RuleErased, m.ID.Text, "the error of attempt %d", attempt.Number)
		}
	}
}

// erasures holds that the audit trail has each erasure that was answered, once, and
// none that nobody asked for.
func (r *reconciliation) erasures() {
	const about = "message "
	entries := map[string]int{}
	for _, entry := range r.facts.Audit {
		if entry.Action == models.ActionErase {
			entries[entry.Reason]++
		}
	}
	asked := map[string]bool{}
	for _, change := range r.facts.Changes {
		if change.Action != models.ActionErase {
			continue
		}
		asked[about+change.ID] = asked[about+change.ID] || change.mayHaveHappened()
		if change.Status == http.StatusOK && entries[about+change.ID] == 0 {
			r.violated(RuleTrail, change.ID, "its erasure was answered 200 and is not there")
		}
	}
	for reason, n := range entries {
		if n > 1 || !asked[reason] {
			r.violated(RuleTrail, "", "%d erasures of %q, asked for: %t", n, reason, asked[reason])
		}
	}
}

// tolerance is by how much two witnesses may disagree about a time.
func (r *reconciliation) tolerance() time.Duration { return deathTolerance + r.facts.Limits.ClockError }
