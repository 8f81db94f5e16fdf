package chaos

import (
	"net/http"
	"slices"

	"auto-message-sender/internal/models"
)

// The rules about starts and stops.
const (
	RulePairs  Rule = "the audit trail does not pair"
	RuleTrail  Rule = "the audit trail and the answers differ"
	RuleStands Rule = "the scheduler's state is not what was last done"
)

// audit holds that starts and stops alternate, that every stop names its start,
// and that the trail has each call that was answered, once.
func (r *reconciliation) audit() {
	trail := inOrder(r.facts.Audit)
	want, start := models.ActionStart, ""
	seen := map[string]bool{}
	for i, entry := range trail {
		if seen[entry.ID] {
			r.violated(RulePairs, "", "entry %d has the id of another", i)
		}
		seen[entry.ID] = true
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
	r.answered(trail)
}

// answered compares the trail with the answers that the callers had.
func (r *reconciliation) answered(trail []models.SchedulerLog) {
	entries := map[string][]models.SchedulerLog{}
	for _, entry := range trail {
		entries[entry.Reason] = append(entries[entry.Reason], entry)
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
