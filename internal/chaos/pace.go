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
// than the intervals and the starts allow, and that the ledger shows no more first
// calls in any span of time than these two together. Where the cap was off at some
// time, there is nothing to hold.
func (r *reconciliation) pace() {
	if len(r.facts.Windows) > 0 {
		r.summary.Windows = r.facts.Windows[len(r.facts.Windows)-1].Seq
	}
	most := models.Pace{}
	for _, set := range r.paces() {
		if set.PerWindow == 0 || set.Interval <= 0 {
			return
		}
		most.PerWindow, most.Interval = max(most.PerWindow, set.PerWindow), max(most.Interval, set.Interval)
	}
	drawn := map[int64]int{}
	for _, message := range r.facts.Messages {
		if message.Window > 0 {
			drawn[message.Window]++
		}
	}
	for window, n := range drawn {
		if n > most.PerWindow {
			r.violated(RuleWindow, "", "%d from window %d of %d", n, window, most.PerWindow)
		}
	}
	stretches := r.stretches()
	r.windows(stretches)
	r.firsts(stretches, most)
}

// set is a pace, and since when it holds.
type set struct {
	models.Pace

	since time.Time
}

// paces returns the paces of the run, the first one – of the environment – first.
func (r *reconciliation) paces() []set {
	asked := map[string]models.Pace{}
	for _, call := range r.facts.Switches {
		if call.Action == models.ActionPace {
			asked[call.Reason] = call.Pace
		}
	}
	paces := []set{{Pace: r.facts.Limits.Pace}}
	for _, entry := range r.facts.Audit {
		if entry.Action == models.ActionPace {
			paces = append(paces, set{asked[reasonOf(entry)], entry.Timestamp})
		}
	}
	slices.SortStableFunc(paces, func(a, b set) int { return a.since.Compare(b.since) })
	r.summary.Paces = len(paces) - 1
	return paces
}

// stretch is a time in which the scheduler ran at one pace.
type stretch struct {
	models.Pace

	phase    time.Time // its windows open at this time and whole intervals after
	from, to time.Time
}

// stretches divides the times in which the scheduler ran by the paces.
func (r *reconciliation) stretches() []stretch {
	var stretches []stretch
	paces := r.paces()
	for _, run := range r.runs() {
		for i, set := range paces {
			next := stretch{Pace: set.Pace, phase: run.started, from: run.started, to: run.stopped}
			if set.since.After(next.from) {
				next.from = set.since
			}
			if i+1 < len(paces) && paces[i+1].since.Before(next.to) {
				next.to = paces[i+1].since
			}
			if !next.to.Before(next.from) {
				stretches = append(stretches, next)
			}
		}
	}
	return stretches
}

// windows checks how fast the window's number grew, between any two looks at it.
// Each interval since a start has one window, which may open anywhere in it; and one
// that was decided on before the first look may be committed only after it.
func (r *reconciliation) windows(stretches []stretch) {
	looks := r.facts.Windows
	for i, from := range looks {
		for _, to := range looks[i+1:] {
			allowed := int64(1)
			for _, stretch := range stretches {
				allowed += stretch.intervals(from.Asked.Add(-deathTolerance), to.Told.Add(deathTolerance))
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
	for _, entry := range r.switches() {
		switch {
		case entry.Action == models.ActionStart:
			runs = append(runs, run{entry.Timestamp, entry.Timestamp.AddDate(100, 0, 0)})
		case len(runs) > 0:
			runs[len(runs)-1].stopped = entry.Timestamp
		}
	}
	return runs
}

// intervals counts the stretch's intervals that a span of time touches.
func (s stretch) intervals(from, to time.Time) int64 {
	if from.Before(s.from) {
		from = s.from
	}
	if to.After(s.to) {
		to = s.to
	}
	if to.Before(from) {
		return 0
	}
	return int64(to.Sub(s.phase)/s.Interval) - int64(from.Sub(s.phase)/s.Interval) + 1
}

// firsts counts the first calls of messages in every span of ten intervals. A
// message whose first attempt died before it called is drawn long before its first
// call, so only those with one attempt count here; windows covers the others.
func (r *reconciliation) firsts(stretches []stretch, most models.Pace) {
	var firsts []time.Time
	for _, message := range r.facts.Messages {
		if calls := r.calls[message.ID.Text]; len(calls) > 0 && message.AttemptCount == 1 {
			firsts = append(firsts, calls[0].At)
		}
	}
	if n, seq := len(r.calls), r.summary.Windows; seq > 0 && int64(n) > seq*int64(most.PerWindow) {
		r.violated(RulePace, "", "%d messages called from %d windows of %d", n, seq, most.PerWindow)
	}
	slices.SortFunc(firsts, time.Time.Compare)
	span := spanWindows * most.Interval
	end := 0
	for begin, at := range firsts {
		for end < len(firsts) && firsts[end].Sub(at) < span {
			end++
		}
		// A call may follow its draw into the next window.
		allowed := 0
		for _, stretch := range stretches {
			touched := stretch.intervals(at.Add(-most.Interval-deathTolerance), at.Add(span+deathTolerance))
			allowed += int(touched) * stretch.PerWindow
		}
		if end-begin > allowed {
			r.violated(RulePace, "", "%d first calls within %s, %d allowed", end-begin, span, allowed)
			return
		}
	}
}
