package chaos

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"auto-message-sender/internal/models"
)

// rescued is how the error of an attempt begins that another replica gave up.
const rescued = "the replica "

// answers is what the store says that a message's attempts came to.
type answers struct {
	codes   []int // the statuses recorded, in order
	taken   int   // the 2xx among them
	unknown int   // attempts whose outcome nobody knows, 504 not among them
}

// attempts reads a message's journal against its calls: each attempt has an
// answer that the webhook gave, or a reason to have none.
func (r *reconciliation) attempts(m Message, calls []Call) answers {
	key := m.ID.Text
	var known answers
	byNumber := map[int][]models.Attempt{}
	for _, attempt := range m.Attempts {
		byNumber[attempt.Number] = append(byNumber[attempt.Number], attempt)
	}
	failures := 0
	given := statuses(calls)
	for _, number := range numbers(m.Attempts, m.AttemptCount) {
		entries := byNumber[number]
		if len(entries) == 0 || number < 1 || number > m.AttemptCount {
			r.violated(RuleCount, key, "attempt %d of %d has %d entries", number, m.AttemptCount, len(entries))
			continue
		}
		answered := false
		for _, attempt := range entries {
			if attempt.StatusCode/100 != 2 { // the text may have been erased
				failures++
			}
			if attempt.StatusCode == 0 {
				continue
			}
			answered = true
			known.codes = append(known.codes, attempt.StatusCode)
			if attempt.StatusCode/100 == 2 {
				known.taken++
			}
			if given[attempt.StatusCode]--; given[attempt.StatusCode] < 0 {
				r.violated(RuleWrongAnswer, key, "attempt %d has %d", number, attempt.StatusCode)
			}
		}
		switch {
		case !answered && r.explained(m, entries[0], calls):
			known.unknown++
		case slices.ContainsFunc(entries, func(a models.Attempt) bool { return a.StatusCode == http.StatusGatewayTimeout }):
			r.allowed++ // a gateway that may have passed it on
		}
	}
	if m.RetryCount != failures {
		r.violated(RuleCount, key, "retry_count is %d, and %d attempts failed", m.RetryCount, failures)
	}
	if m.AttemptCount-m.PriorAttempts > r.facts.Limits.MaxAttempts {
		r.violated(RuleTooManyTries, key, "%d", m.AttemptCount)
	}
	return known
}

// explained looks for the reason why an attempt has no answer: its replica died,
// or the webhook kept it waiting. Without any the attempt explains nothing.
func (r *reconciliation) explained(m Message, attempt models.Attempt, calls []Call) bool {
	key := m.ID.Text
	own := !strings.HasPrefix(attempt.Error, rescued)
	if !m.ErasedAt.IsZero() { // the text is gone; who is dead has measured nothing
		own = attempt.Duration > 0 || !r.diedIn(attempt)
	}
	if own { // its own replica wrote the entry
		r.summary.TimedOut++
		r.allowed++
		slow := float64(attempt.Duration) >= timeoutTolerance*float64(r.facts.Limits.AttemptTimeout)
		if slow || slices.ContainsFunc(calls, func(c Call) bool { return c.Withheld }) {
			return true
		}
		r.violated(RuleTimeout, key, "attempt %d took %s: %s", attempt.Number, attempt.Duration, attempt.Error)
		return false
	}
	r.summary.Rescued++
	if r.diedIn(attempt) {
		return true
	}
	r.violated(RuleRescuedAlive, key, "attempt %d of %s", attempt.Number, attempt.Replica)
	return false
}

// diedIn reports whether the attempt's replica was killed or frozen after it began.
func (r *reconciliation) diedIn(attempt models.Attempt) bool {
	return slices.ContainsFunc(r.deaths[attempt.Replica], func(at time.Time) bool {
		return !at.Before(attempt.StartedAt.Add(-deathTolerance))
	})
}

// numbers returns 1…count, and whatever else the entries name.
func numbers(attempts []models.Attempt, count int) []int {
	var all []int
	for number := range count {
		all = append(all, number+1)
	}
	for _, attempt := range attempts {
		if !slices.Contains(all, attempt.Number) {
			all = append(all, attempt.Number)
		}
	}
	return all
}

// statuses counts what a message's calls were answered with, as far as the answer
// was given in time.
func statuses(calls []Call) map[int]int {
	given := map[int]int{}
	for _, call := range calls {
		if !call.Withheld {
			given[call.Status]++
		}
	}
	return given
}
