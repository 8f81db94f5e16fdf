package models

import "time"

// Pace is how many first attempts may start, and how often that many.
type Pace struct {
	Interval  time.Duration
	PerWindow int // 0: no cap
}

// Scheduler is the one record that all replicas agree on: whether messages are
// being sent, and what the current window still allows.
type Scheduler struct {
	Running   bool
	StartID   string    // _id of the start's entry in the audit trail
	StartedAt time.Time // the phase of the windows
	StoppedAt time.Time
	Pace

	WindowSeq       int64 // counts windows over all starts; never falls
	WindowRemaining int   // first attempts the current window still allows
	NextWindowAt    time.Time
}

// Started returns the state after the scheduler was started: its first window
// is due at once.
func (s Scheduler) Started(entry SchedulerLog) Scheduler {
	s.Running = true
	s.StartID = entry.ID
	s.StartedAt = entry.Timestamp
	s.StoppedAt = time.Time{}
	s.WindowRemaining = 0
	s.NextWindowAt = entry.Timestamp
	return s
}

// Stopped returns the state after the scheduler was stopped. What the window
// still allowed is gone.
func (s Scheduler) Stopped(entry SchedulerLog) Scheduler {
	s.Running = false
	s.StoppedAt = entry.Timestamp
	s.WindowRemaining = 0
	s.NextWindowAt = time.Time{}
	return s
}

// Paced returns the state with another pace: a lower cap holds for the current window
// too, and the next window is on the phase of the start, no further off than the new
// interval and not later than it was. One that is due is opened by the next Turn.
func (s Scheduler) Paced(pace Pace, now time.Time) Scheduler {
	s.Pace = pace
	if pace.PerWindow > 0 {
		s.WindowRemaining = min(s.WindowRemaining, pace.PerWindow)
	}
	if !s.Running || pace.Interval <= 0 {
		return s
	}
	if next := s.nextWindowAfter(now); next.Before(s.NextWindowAt) {
		s.NextWindowAt = next
	}
	return s
}

// clockTolerance is how far the clocks of replicas may differ without a window
// opening twice: far more than half a round trip to the store, which is what the
// measuring of its time may be wrong by.
const clockTolerance = time.Second

// Turn returns the state at now, and whether it differs: a window that is due
// is opened (Turned.WindowSeq is then one more), and a next window further off
// than one interval – the clock was set back, or the interval shortened – is
// put right. Windows missed are not caught up, as with time.Ticker, and budget
// left over is not carried on.
func (s Scheduler) Turn(now time.Time) (turned Scheduler, changed bool) {
	if !s.Running || s.Interval <= 0 {
		return s, false
	}
	if now.Before(s.NextWindowAt) {
		if s.NextWindowAt.Sub(now) <= s.Interval+min(clockTolerance, s.Interval/2) {
			return s, false
		}
		s.NextWindowAt = s.nextWindowAfter(now)
		return s, true
	}
	s.WindowSeq++
	s.WindowRemaining = s.PerWindow
	s.NextWindowAt = s.nextWindowAfter(now)
	return s, true
}

// nextWindowAfter returns the first StartedAt + k·Interval after now, whole k,
// also where the clock says that now is before the start.
func (s Scheduler) nextWindowAfter(now time.Time) time.Time {
	past := now.Sub(s.StartedAt) % s.Interval
	if past < 0 {
		past += s.Interval
	}
	return now.Add(s.Interval - past)
}

// Allowance returns how many of max free slots may take first attempts now.
func (s Scheduler) Allowance(limit int) int {
	switch {
	case !s.Running, s.Interval <= 0: // without an interval no pace was ever set
		return 0
	case s.PerWindow == 0:
		return limit
	default:
		return max(0, min(limit, s.WindowRemaining))
	}
}

// Drawn returns the state after n first attempts were drawn from the window.
func (s Scheduler) Drawn(n int) Scheduler {
	if s.PerWindow > 0 {
		s.WindowRemaining = max(0, s.WindowRemaining-n)
	}
	return s
}

// Action is what an entry of the audit trail tells of.
type Action string

// The audited actions.
const (
	ActionStart  Action = "start"
	ActionStop   Action = "stop"
	ActionPace   Action = "pace"   // interval or cap were changed
	ActionCancel Action = "cancel" // many messages at once
	ActionRetry  Action = "retry"  // many messages at once
	ActionErase  Action = "erase"  // of a message, its recipient and content
)

// Actions lists every audited action.
func Actions() []Action {
	return []Action{ActionStart, ActionStop, ActionPace, ActionCancel, ActionRetry, ActionErase}
}

// SchedulerLog is one entry of the audit trail. A stop names its start; a change
// of pace, of messages, or of one, is told by Reason.
type SchedulerLog struct {
	ID        string
	Action    Action
	StartID   string // of a stop: the matching start's ID
	Timestamp time.Time
	CreatedAt time.Time
	Actor     string // name of the API key, or how the service itself acts
	Replica   string
	Reason    string
}
