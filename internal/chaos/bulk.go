package chaos

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"auto-message-sender/internal/models"
)

// Bulk is one call that was to cancel or retry many messages. Retries are of all that
// had failed.
type Bulk struct {
	Action          models.Action
	Words           string // the filter, as the audit trail tells it
	Asked, Answered time.Time
	Status          int // of the answer; 0: none came
	Changed         int // by the answer
	Complete        bool
}

// mayHaveHappened reports whether the call was not refused.
func (b Bulk) mayHaveHappened() bool { return b.Status < 400 || b.Status >= 500 }

// mayBeRetried reports whether somebody asked for the message to be sent again.
func (r *reconciliation) mayBeRetried(id string) bool {
	for _, change := range r.changes[id] {
		if change.Action == models.ActionRetry && change.mayHaveHappened() {
			return true
		}
	}
	for _, bulk := range r.facts.Bulks {
		if bulk.Action == models.ActionRetry && bulk.mayHaveHappened() {
			return true
		}
	}
	return false
}

// passedOver holds that a retry of everything that had failed left nothing out.
func (r *reconciliation) passedOver(m Message) {
	if m.Status != models.StatusFailed || !m.ErasedAt.IsZero() || m.ErrorCode == models.ErrorCodeInvalid {
		return
	}
	for _, bulk := range r.facts.Bulks {
		done := bulk.Action == models.ActionRetry && bulk.Status == http.StatusOK && bulk.Complete
		if done && m.FailedAt.Before(bulk.Asked.Add(-r.tolerance())) {
			r.violated(RuleUndone, m.ID.Text, "all that had failed was retried, and it is failed since before")
		}
	}
}

// bulkTrail holds that the audit trail has an entry for each call that was answered,
// with its count, and none for what nobody asked.
func (r *reconciliation) bulkTrail() {
	asked, answered := map[string]int{}, map[string]int{}
	for _, bulk := range r.facts.Bulks {
		if bulk.mayHaveHappened() {
			asked[bulk.trail()]++
		}
		if bulk.Status == http.StatusOK {
			r.summary.Bulks++
			answered[bulk.inAll()+": "+bulk.trail()]++
		}
	}
	entries, counted := map[string]int{}, map[string]int{}
	for _, entry := range r.facts.Audit {
		if !ofMany(entry) {
			continue
		}
		count, words, _ := strings.Cut(entry.Reason, ": ")
		entries[string(entry.Action)+" "+words]++
		counted[count+": "+string(entry.Action)+" "+words]++
	}
	for words, n := range entries {
		if n > asked[words] {
			r.violated(RuleTrail, "", "%q is there %d times, and was asked for %d times", words, n, asked[words])
		}
	}
	for words, n := range answered {
		if n > counted[words] {
			r.violated(RuleTrail, "", "%q was answered %d times, and is there %d times", words, n, counted[words])
		}
	}
}

func (b Bulk) trail() string { return string(b.Action) + " " + b.Words }

// inAll is the count as the audit trail tells it.
func (b Bulk) inAll() string {
	if b.Changed == 1 {
		return "1 message"
	}
	return fmt.Sprintf("%d messages", b.Changed)
}

// ofMany reports whether the entry is about messages that were changed together.
func ofMany(entry models.SchedulerLog) bool {
	return entry.Action == models.ActionCancel || entry.Action == models.ActionRetry
}
