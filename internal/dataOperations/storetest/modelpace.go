package storetest

import (
	"fmt"
	"time"

	"auto-message-sender/internal/models"
)

// modelPace is the scheduler's record and its windows, in whole milliseconds, and
// without models.Scheduler's own functions: a mistake in those is to be seen.
type modelPace struct {
	running   bool
	startID   string
	startedAt time.Time
	stoppedAt time.Time
	pace      models.Pace

	environment models.Pace // as of the last time that it changed the pace
	configured  bool

	seq    int64
	next   time.Time
	orNext time.Time // where a store may choose: the other moment
	opened bool      // since the start, a window has opened
	// What the window still allows, at the least and at the most: where a store is
	// free to return a draw or not, the model takes over what it did. Without a cap
	// it means nothing.
	least, most int
}

// configure makes the pace the environment's, where that has changed.
func (p *modelPace) configure(pace models.Pace) {
	if p.configured && pace == p.environment {
		return
	}
	p.environment, p.configured = pace, true
	p.set(pace)
}

// setAt sets the pace as a person does: the next window is then no further off than
// the interval. A store may also put the next one right that is nearer.
func (p *modelPace) setAt(now time.Time, pace models.Pace) {
	p.set(pace)
	if !p.running || !p.next.After(now) {
		return
	}
	if p.orNext = p.inPhaseAfter(now); p.next.Sub(now) > pace.Interval {
		p.next = p.orNext
	}
}

func (p *modelPace) set(pace models.Pace) {
	switch {
	case pace == p.pace || pace.PerWindow == 0:
	case p.pace.PerWindow == 0: // no cap so far: nobody has counted
		p.least, p.most = 0, pace.PerWindow
	default:
		p.least, p.most = min(p.least, pace.PerWindow), min(p.most, pace.PerWindow)
	}
	p.pace = pace
}

func (p *modelPace) start(entry models.SchedulerLog) {
	p.running, p.opened, p.startID = true, false, entry.ID
	p.startedAt, p.stoppedAt, p.next = entry.Timestamp, time.Time{}, entry.Timestamp
	p.least, p.most = 0, 0
}

func (p *modelPace) stop(entry models.SchedulerLog) {
	p.running, p.stoppedAt, p.next = false, entry.Timestamp, time.Time{}
	p.least, p.most = 0, 0
}

// turn lets the time be now, and reports whether that opens a window.
func (p *modelPace) turn(now time.Time) (opened bool) {
	if !p.running || p.pace.Interval == 0 {
		return false
	}
	switch wait := p.next.Sub(now); {
	case wait <= 0:
		p.seq++
		p.opened, opened = true, true
		p.least, p.most = p.pace.PerWindow, p.pace.PerWindow
	case wait <= p.pace.Interval+min(time.Second, p.pace.Interval/2): // or the clock of the replica that opened it is ahead
		return false
	}
	p.next = p.inPhaseAfter(now)
	return opened
}

// inPhaseAfter returns the first moment after now in the phase of the start: by
// steps, not by a remainder, so that it cannot be wrong in the same way.
func (p *modelPace) inPhaseAfter(now time.Time) time.Time {
	at, every := p.startedAt, p.pace.Interval
	for !at.After(now) {
		at = at.Add(every)
	}
	for at.Sub(now) > every {
		at = at.Add(-every)
	}
	return at
}

// mayDraw reports whether a first attempt may start.
func (p *modelPace) mayDraw() bool {
	return p.running && p.pace.Interval > 0 && (p.pace.PerWindow == 0 || p.most > 0)
}

// draw draws for an attempt that must, and returns its window; 0 for another.
func (p *modelPace) draw(must bool) int64 {
	if !must {
		return 0
	}
	p.least, p.most = max(0, p.least-1), max(0, p.most-1)
	return p.seq
}

// refund returns n attempts to a window, if that is still the current one.
func (p *modelPace) refund(window int64, n int) {
	if !p.running || p.pace.PerWindow == 0 || window != p.seq {
		return
	}
	// Where that is over the cap, which is lower now, a store may keep them, and so it
	// may before a new start has opened a window of its own.
	if p.opened && p.most+n <= p.pace.PerWindow {
		p.least += n
	}
	p.most = min(p.pace.PerWindow, p.most+n)
}

// compare says how a store's state differs from what it must be, and takes over
// what the store was free to choose.
func (p *modelPace) compare(got models.Scheduler) error {
	if !p.orNext.IsZero() && got.NextWindowAt.Equal(p.orNext) {
		p.next = p.orNext
	}
	p.orNext = time.Time{}
	expected := models.Scheduler{
		Running: p.running, StartID: p.startID, StartedAt: p.startedAt, StoppedAt: p.stoppedAt, Pace: p.pace,
		WindowSeq: p.seq, WindowRemaining: got.WindowRemaining, NextWindowAt: p.next,
	}
	if got != expected {
		return fmt.Errorf("the scheduler's state is\n%+v, must be\n%+v", got, expected)
	}
	if p.pace.PerWindow == 0 {
		return nil
	}
	if got.WindowRemaining < p.least || got.WindowRemaining > p.most {
		return fmt.Errorf("the window allows %d more, must be from %d to %d", got.WindowRemaining, p.least, p.most)
	}
	p.least, p.most = got.WindowRemaining, got.WindowRemaining
	return nil
}
