package events

import (
	"time"

	"auto-message-sender/internal/models"
)

const (
	// recentFor is how long at least an event is known to have been told.
	recentFor = 2 * pollOverlap
	// recentMost bounds how many are; beyond, nobody can tell what is news.
	recentMost = 20_000
)

// name names one event: the same thing happens to a message once within recentFor.
type name struct {
	what models.EventType
	id   string
}

// recent knows what was told lately, by two generations of which the older is
// dropped. Its owner's lock guards it.
type recent struct {
	now, before map[name]struct{}
	since       time.Time
	overflowing time.Time // the last time that it had to forget too early
}

// note takes the event in and reports whether it is news.
func (r *recent) note(event models.Event, at time.Time) bool {
	if r.now == nil || at.Sub(r.since) > recentFor {
		r.before, r.now, r.since = r.now, map[name]struct{}{}, at
	}
	if len(r.now) >= recentMost {
		r.before, r.now, r.overflowing = nil, map[name]struct{}{}, at
	}
	key := name{event.Type, event.ID}
	_, isNow := r.now[key]
	_, wasBefore := r.before[key]
	r.now[key] = struct{}{}
	return !isNow && !wasBefore
}

// complete reports whether everything told within recentFor is known.
func (r *recent) complete(at time.Time) bool { return at.Sub(r.overflowing) > recentFor }
