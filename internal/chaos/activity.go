package chaos

import (
	"net/http"
	"time"

	"auto-message-sender/internal/models"
)

// RuleActivity is the rule about what happened by the minute.
const RuleActivity Rule = "what happened in a minute is miscounted"

// activity compares what the API told by the minute with the messages: each was sent
// once, in the minute of its sent_at; each that failed did so in that of its
// failed_at, and others that were retried since may have failed besides.
func (r *reconciliation) activity() {
	minutes := r.facts.Activity
	if len(minutes) == 0 {
		return
	}
	sent, failed := map[time.Time]int64{}, map[time.Time]int64{}
	spare := int64(0)
	for _, message := range r.facts.Messages {
		switch message.Status { //nolint:exhaustive // no other is counted by the minute
		case models.StatusSent:
			sent[message.SentAt.UTC().Truncate(time.Minute)]++
		case models.StatusFailed:
			failed[message.FailedAt.UTC().Truncate(time.Minute)]++
		}
	}
	for _, change := range r.facts.Changes {
		if change.Action == models.ActionRetry && change.mayHaveHappened() {
			spare++
		}
	}
	for _, bulk := range r.facts.Bulks {
		if bulk.Action == models.ActionRetry && bulk.mayHaveHappened() {
			spare += r.mostRetried(bulk)
		}
	}
	told := map[time.Time]bool{}
	for _, minute := range minutes {
		told[minute.At.UTC()] = true
		extra := minute.Failed - failed[minute.At.UTC()]
		spare -= extra
		if minute.Sent != sent[minute.At.UTC()] || extra < 0 || spare < 0 {
			r.violated(RuleActivity, "", "%s: told %d sent and %d failed, stored %d and %d", minute.At,
				minute.Sent, minute.Failed, sent[minute.At.UTC()], failed[minute.At.UTC()])
		}
	}
	for at, n := range sent {
		if !told[at] && at.After(minutes[0].At) {
			r.violated(RuleActivity, "", "%s: told nothing, %d sent", at, n)
		}
	}
}

// mostRetried returns how many messages the call may have retried.
func (r *reconciliation) mostRetried(bulk Bulk) (most int64) {
	if bulk.Status == http.StatusOK {
		return int64(bulk.Changed)
	}
	for _, message := range r.facts.Messages {
		if message.PriorAttempts > 0 {
			most++
		}
	}
	return most
}
