package dispatch

import "time"

// cadence says when a step of the pass is done: before a window is drawn from,
// where the last time left something over, and otherwise every pollInterval.
type cadence struct {
	at   time.Time // the last time
	more bool      // it did as much as it may at a time
}

func (c *cadence) due(now time.Time, windowDue bool) bool {
	return windowDue || c.more || now.Sub(c.at) >= pollInterval
}

// within reports whether the step was done less than age ago, and left nothing over.
func (c *cadence) within(now time.Time, age time.Duration) bool {
	return !c.more && now.Sub(c.at) < age
}

// done notes that the step was done at now, which makes it due again only later.
func (c *cadence) done(now time.Time, more bool) { c.at, c.more = now, more }

// rest returns how long it is until the step is due again.
func (c *cadence) rest(now time.Time) time.Duration {
	return max(time.Millisecond, pollInterval-now.Sub(c.at))
}
