package dispatch

import (
	"sync"
	"time"

	"auto-message-sender/internal/models"
)

// view is what this replica last saw of the scheduler's record, and when it
// asked for it. It is what holds an attempt back after another replica's stop.
type view struct {
	now func() time.Time

	mu    sync.Mutex
	state models.Scheduler
	asked time.Time
}

func newView(now func() time.Time) *view { return &view{now: now} }

// saw takes a state in, unless one asked for later is known already: answers
// may overtake each other.
func (v *view) saw(state models.Scheduler, asked time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if asked.Before(v.asked) {
		return
	}
	v.state, v.asked = state, asked
}

// mayStart reports whether an attempt may start: the scheduler was running
// within the last second.
func (v *view) mayStart() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.state.Running && v.now().Sub(v.asked) < freshness
}

// within returns the state, and whether it was asked for within age.
func (v *view) within(age time.Duration) (models.Scheduler, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.state, !v.asked.IsZero() && v.now().Sub(v.asked) <= age
}

// nextWindow returns when the next window is due, zero while stopped.
func (v *view) nextWindow() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.state.NextWindowAt
}
