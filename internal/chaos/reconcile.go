package chaos

import (
	"fmt"
	"strings"
	"time"
)

// Rule names a promise that a violation breaks.
type Rule string

// The rules about messages; those about the pace and the audit trail are beside
// their checks.
const (
	RuleLost         Rule = "accepted and lost"
	RuleUnknownKey   Rule = "a call for a message that the store does not have"
	RuleNowhere      Rule = "a message that nobody posted"
	RuleNotFinal     Rule = "not at its end, and nothing to wait for"
	RuleSentUntaken  Rule = "sent without a 2xx"
	RuleUnexplained  Rule = "a call that no attempt explains"
	RuleRescuedAlive Rule = "an attempt given up although its replica lived"
	RuleTimeout      Rule = "a time-out that the webhook did not cause"
	RuleBody         Rule = "calls of one message with different bytes"
	RuleChanged      Rule = "stored otherwise than posted"
	RuleWrongAnswer  Rule = "an answer recorded that the webhook never gave"
	RuleFailure      Rule = "failed without a reason that its answers explain"
	RuleCount        Rule = "attempts miscounted"
	RuleDuplicates   Rule = "more duplicates than was in flight at all deaths"
	RuleTooManyTries Rule = "more attempts than allowed"
	deathTolerance        = 5 * time.Millisecond // the store's times are cut to milliseconds
	timeoutTolerance      = 0.95
)

// Violation is a broken promise.
type Violation struct {
	Rule   Rule
	Key    string // the message, where it is about one
	Detail string
}

// String returns the violation on one line.
func (v Violation) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s: %s %s", v.Rule, v.Key, v.Detail))
}

// Summary is what a run came to, for people.
type Summary struct {
	Messages, Sent, Failed int
	Calls, Duplicates      int // duplicates: a 2xx after another one, of one message
	Canceled, Expired      int
	Scheduled              int // for later than the end of the run
	Erased, Retried        int
	Keys                   int // under which messages were posted
	Rescued, TimedOut      int // attempts of unknown outcome, by what became of them
	Deaths, Starts, Stops  int
	Paces                  int
	Bulks                  int // calls about many messages that were answered
	Windows                int64
}

// Reconcile compares the witnesses and returns every contradiction.
func Reconcile(facts Facts) (Summary, []Violation) {
	r := reconciliation{
		facts: facts, calls: map[string][]Call{}, deaths: map[string][]time.Time{},
		posted: map[string]Posted{}, changes: map[string][]Change{},
	}
	for _, call := range facts.Calls {
		r.calls[call.Key] = append(r.calls[call.Key], call)
	}
	for _, death := range facts.Deaths {
		r.deaths[death.Replica] = append(r.deaths[death.Replica], death.At)
	}
	for _, posted := range facts.Posted {
		r.posted[posted.ID] = posted
	}
	for _, change := range facts.Changes {
		r.changes[change.ID] = append(r.changes[change.ID], change)
	}
	r.summary.Calls, r.summary.Deaths = len(facts.Calls), len(facts.Deaths)
	r.everythingIsThere()
	for _, message := range facts.Messages {
		r.message(message, r.calls[message.ID.Text])
		r.changed(message, r.calls[message.ID.Text])
		r.inTime(message, r.calls[message.ID.Text])
	}
	r.keys()
	r.duplicates()
	r.audit()
	r.erasures()
	r.bulkTrail()
	r.pace()
	r.activity()
	return r.summary, r.found
}

// reconciliation is one comparison under way.
type reconciliation struct {
	facts   Facts
	calls   map[string][]Call
	deaths  map[string][]time.Time
	posted  map[string]Posted // by id
	changes map[string][]Change
	allowed int // duplicates that time-outs explain
	summary Summary
	found   []Violation
}

func (r *reconciliation) violated(rule Rule, key, format string, args ...any) {
	r.found = append(r.found, Violation{Rule: rule, Key: key, Detail: fmt.Sprintf(format, args...)})
}

// everythingIsThere compares what was accepted, what is stored, and what was sent.
func (r *reconciliation) everythingIsThere() {
	stored := make(map[string]Message, len(r.facts.Messages))
	for _, message := range r.facts.Messages {
		stored[message.ID.Text] = message
	}
	for _, p := range r.facts.Posted {
		message, there := stored[p.ID]
		if !there {
			r.violated(RuleLost, p.ID, "answered 201 and not in the store")
		} else if message.ErasedAt.IsZero() && (message.To != p.To || message.Content != p.Content) {
			r.violated(RuleChanged, p.ID, "")
		}
	}
	extra := 0
	for id := range stored {
		if _, known := r.posted[id]; !known {
			extra++
		}
	}
	if extra > r.facts.UnansweredPosts {
		r.violated(RuleNowhere, "", "%d messages, and only %d posts were not answered", extra, r.facts.UnansweredPosts)
	}
	for key := range r.calls {
		if _, there := stored[key]; !there {
			r.violated(RuleUnknownKey, key, "")
		}
	}
}

// duplicates holds that a killed replica adds at most what it had in flight.
func (r *reconciliation) duplicates() {
	limit := len(r.facts.Deaths)*r.facts.Limits.MaxInFlight + r.allowed
	if r.summary.Duplicates > limit {
		r.violated(RuleDuplicates, "", "%d, where %d deaths and %d time-outs explain %d",
			r.summary.Duplicates, len(r.facts.Deaths), r.allowed, limit)
	}
}
