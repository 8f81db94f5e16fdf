package chaos

import (
	"slices"
	"time"

	"auto-message-sender/internal/models"
)

// The rules about the pace.
const (
	RuleWindow  Rule = "a window gave more than it has"
	RuleTooFast Rule = "windows opened faster than the interval"
	RulePace    Rule = "more first calls than the windows allow"
)

// spanWindows is the length of the spans that first calls are counted in.
const spanWindows = 10

// pace holds that no window gave more than its cap, that windows opened no faster
// than the interval and the starts allow, and that the ledger shows no more first
// calls in any span of time than these two together.
func (r *reconciliation) pace() {
	if len(r.facts.Windows) > 0 {
		r.summary.Windows = r.facts.Windows[len(r.facts.Windows)-1].Seq
	}
	limits := r.facts.Limits
	if limits.PerWindow == 0 || limits.Interval <= 0 {
		return
	}
	drawn := map[int64]int{}
	for _, message := range r.facts.Messages {
		if message.Window > 0 {
			drawn[message.Window]++
		}
	}
	for window, n := range drawn {
		if n > limits.PerWindow {
			r.violated(RuleWindow, "", "%d from window %d of %d", n, window, limits.PerWindow)
		}
	}
	r.windows()
	r.firsts(r.starts())
}

func (r *reconciliation) starts() []time.Time {
	var starts []time.Time
	for _, entry := range r.facts.Audit {
		if entry.Action == models.ActionStart {
			starts = append(starts, entry.Timestamp)
		}
	}
	return starts
}

// windows checks how fast the window's number grew, between any two looks at it.
// Each interval since a start has one window, which may open anywhere in it; and one
// that was decided on before the first look may be committed only after it.
func (r *reconciliation) windows() {
	looks, runs := r.facts.Windows, r.runs()
	for i, from := range looks {
		for _, to := range looks[i+1:] {
			allowed := int64(1)
			for _, run := range runs {
				allowed += run.intervals(from.Asked.Add(-deathTolerance), to.Told.Add(deathTolerance), r.facts.Limits.Interval)
			}
			if to.Seq-from.Seq > allowed {
				r.violated(RuleTooFast, "", "%d windows in %s, %d allowed", to.Seq-from.Seq, to.Told.Sub(from.Asked), allowed)
				return
			}
		}
	}
}

// run is the time from a start to its stop.
type run struct{ started, stopped time.Time }

// runs returns the times in which the scheduler ran.
func (r *reconciliation) runs() []run {
	var runs []run
	for _, entry := range inOrder(r.facts.Audit) {
		switch {
		case entry.Action == models.ActionStart:
			runs = append(runs, run{entry.Timestamp, entry.Timestamp.AddDate(100, 0, 0)})
		case len(runs) > 0:
			runs[len(runs)-1].stopped = entry.Timestamp
		}
	}
	return runs
}

// intervals counts the run's intervals that a span of time touches.
func (s run) intervals(from, to time.Time, interval time.Duration) int64 {
	if from.Before(s.started) {
		from = s.started
	}
	if to.After(s.stopped) {
		to = s.stopped
	}
	if to.Before(from) {
		return 0
	}
	return int64(to.Sub(s.started)/interval) - int64(from.Sub(s.started)/interval) + 1
}

// firsts counts the first calls of messages in every span of ten intervals. A
// message whose first attempt died before it called is drawn long before its first
// call, so only those with one attempt count here; windows covers the others.
func (r *reconciliation) firsts(starts []time.Time) {
	limits := r.facts.Limits
	var firsts []time.Time
	for _, message := range r.facts.Messages {
		if calls := r.calls[message.ID.Text]; len(calls) > 0 && message.AttemptCount == 1 {
			firsts = append(firsts, calls[0].At)
		}
	}
	if n, seq := len(r.calls), r.summary.Windows; seq > 0 && int64(n) > seq*int64(limits.PerWindow) {
		r.violated(RulePace, "", "%d messages called from %d windows of %d", n, seq, limits.PerWindow)
	}
	slices.SortFunc(firsts, time.Time.Compare)
	span := spanWindows * limits.Interval
	end := 0
	for begin, at := range firsts {
		for end < len(firsts) && firsts[end].Sub(at) < span {
			end++
		}
		// A span touches one window more than it is long, and a call may follow its
		// draw into the next one.
		allowed := (spanWindows + 2 + within(starts, at.Add(-limits.Interval), at.Add(span))) * limits.PerWindow
		if end-begin > allowed {
			r.violated(RulePace, "", "%d first calls within %s, %d allowed", end-begin, span, allowed)
			return
		}
	}
}

// within counts the times in a span, a millisecond wider because times are cut.
func within(times []time.Time, from, to time.Time) int {
	n := 0
	for _, at := range times {
		if at.After(from.Add(-deathTolerance)) && at.Before(to.Add(deathTolerance)) {
			n++
		}
	}
	return n
}
