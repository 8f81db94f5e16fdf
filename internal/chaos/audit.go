package chaos

import (
	"net/http"
	"slices"
	"strings"

	"auto-message-sender/internal/models"
)

// The rules about starts and stops.
const (
	RulePairs  Rule = "the audit trail does not pair"
	RuleTrail  Rule = "the audit trail and the answers differ"
	RuleStands Rule = "the scheduler's state is not what was last done"
)

// switches returns the starts and stops, in the order in which they happened.
func (r *reconciliation) switches() []models.SchedulerLog {
	var switches []models.SchedulerLog
	for _, entry := range r.facts.Audit {
		if entry.Action == models.ActionStart || entry.Action == models.ActionStop {
			switches = append(switches, entry)
		}
	}
	return inOrder(switches)
}

// audit holds that starts and stops alternate, that every stop names its start,
// and that the trail has each call that was answered, once.
func (r *reconciliation) audit() {
	seen := map[string]bool{}
	for i, entry := range r.facts.Audit {
		if seen[entry.ID] {
			r.violated(RulePairs, "", "entry %d has the id of another", i)
		}
		seen[entry.ID] = true
	}
	trail := r.switches()
	want, start := models.ActionStart, ""
	for i, entry := range trail {
		if entry.Action != want {
			r.violated(RulePairs, "", "entry %d is a %s after a %s", i, entry.Action, entry.Action)
		}
		if entry.Action == models.ActionStart {
			r.summary.Starts++
			want, start = models.ActionStop, entry.ID
			continue
		}
		r.summary.Stops++
		if entry.StartID != start {
			r.violated(RulePairs, "", "stop %d does not name the start before it", i)
		}
		want = models.ActionStart
	}
	if running := len(trail) > 0 && want == models.ActionStop; running != r.facts.Running {
		r.violated(RuleStands, "", "running is %t after %d entries", r.facts.Running, len(trail))
	}
	if stood := r.paces(); r.facts.Pace != (models.Pace{}) && r.facts.Pace != stood[len(stood)-1].Pace {
		r.violated(RuleStands, "", "the pace is %v after %d changes, and the last one asked for %v",
			r.facts.Pace, len(stood)-1, stood[len(stood)-1].Pace)
	}
	r.answered()
}

// answered compares the trail with the answers that the callers had.
func (r *reconciliation) answered() {
	entries := map[string][]models.SchedulerLog{}
	for _, entry := range r.facts.Audit {
		if entry.Action == models.ActionErase || ofMany(entry) {
			continue // of messages: see erasures and bulkTrail
		}
		reason := reasonOf(entry)
		entries[reason] = append(entries[reason], entry)
	}
	asked := map[string]bool{}
	for _, call := range r.facts.Switches {
		asked[call.Reason] = true
		found := entries[call.Reason]
		switch {
		case len(found) > 1, len(found) == 1 && found[0].Action != call.Action:
			r.violated(RuleTrail, "", "%s %q has %d entries", call.Action, call.Reason, len(found))
		case call.Status == http.StatusOK && len(found) == 0:
			r.violated(RuleTrail, "", "%s %q was answered 200 and is not there", call.Action, call.Reason)
		case call.Status == http.StatusConflict && len(found) == 1:
			r.violated(RuleTrail, "", "%s %q was answered 409 and is there", call.Action, call.Reason)
		}
	}
	for reason := range entries {
		if !asked[reason] {
			r.violated(RuleTrail, "", "%q was never asked for", reason)
		}
	}
}

// reasonOf returns the reason that was given. Before that of a pace stands what the
// pace is.
func reasonOf(entry models.SchedulerLog) string {
	if _, reason, found := strings.Cut(entry.Reason, ": "); found && entry.Action == models.ActionPace {
		return reason
	}
	return entry.Reason
}

// inOrder returns the entries in the order in which they happened. Of two in the
// same millisecond the one comes first that can.
func inOrder(entries []models.SchedulerLog) []models.SchedulerLog {
	trail := slices.Clone(entries)
	slices.SortStableFunc(trail, func(a, b models.SchedulerLog) int { return a.Timestamp.Compare(b.Timestamp) })
	want := models.ActionStart
	for i := range trail {
		for j := i; trail[i].Action != want && j < len(trail) && trail[j].Timestamp.Equal(trail[i].Timestamp); j++ {
			if trail[j].Action == want {
				trail[i], trail[j] = trail[j], trail[i]
			}
		}
		want = models.ActionStart
		if trail[i].Action == models.ActionStart {
			want = models.ActionStop
		}
	}
	return trail
}
