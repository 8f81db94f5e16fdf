package dispatch_test

import (
	"time"

	"auto-message-sender/internal/models"
)

// almanac says when each message must go out: the pace worked out by hand, window
// by window, from what happened when. It knows nothing of dispatch, and nothing of
// models.Scheduler's functions.
//
// Time passes twice in it. By the stopwatch, which nobody can set, it says when;
// by the wall clock, which can be, it reckons the windows.
type almanac struct {
	pace      models.Pace
	stopwatch time.Time
	ahead     time.Duration // of the wall clock, before the stopwatch

	running bool
	next    time.Time // by the wall clock
	left    int
	queue   []string

	due     map[string]time.Time // by the stopwatch
	windows []time.Time          // when each opened, by the stopwatch
}

func newAlmanac(pace models.Pace, at time.Time) *almanac {
	return &almanac{pace: pace, stopwatch: at, due: map[string]time.Time{}}
}

func (a *almanac) wall() time.Time { return a.stopwatch.Add(a.ahead) }

// pass lets the time come to at, by the stopwatch.
func (a *almanac) pass(at time.Time) {
	for a.running && !a.next.After(at.Add(a.ahead)) {
		if opens := a.next.Add(-a.ahead); opens.After(a.stopwatch) {
			a.stopwatch = opens
		}
		a.open()
	}
	a.stopwatch = at
}

// open opens the window that is due. Those that were missed stay missed.
func (a *almanac) open() {
	a.windows = append(a.windows, a.stopwatch)
	a.left = a.pace.PerWindow
	for !a.next.After(a.wall()) {
		a.next = a.next.Add(a.pace.Interval)
	}
	a.send()
}

// send sends what the window allows, the oldest first.
func (a *almanac) send() {
	for ; a.left > 0 && len(a.queue) > 0; a.left-- {
		a.due[a.queue[0]] = a.stopwatch
		a.queue = a.queue[1:]
	}
}

func (a *almanac) accept(id string) {
	a.queue = append(a.queue, id)
	if a.running {
		a.send()
	}
}

func (a *almanac) start() {
	a.running, a.next = true, a.wall().Truncate(time.Millisecond) // as the store tells it
	a.pass(a.stopwatch)
}

func (a *almanac) stop() { a.running, a.left = false, 0 }

// set sets the wall clock. Set forward past a window, that opens now; set back, the
// next one is no further off than one interval.
func (a *almanac) set(by time.Duration) {
	a.ahead += by
	for a.running && a.next.Sub(a.wall()) > a.pace.Interval {
		a.next = a.next.Add(-a.pace.Interval)
	}
	a.pass(a.stopwatch)
}

// setNear reports whether the clock, set so, would come to stand less than a second
// before a window: before the replica has looked at it once, that may be missed.
func (a *almanac) setNear(by time.Duration) bool {
	wait := a.next.Sub(a.wall().Add(by)) % a.pace.Interval
	if wait < 0 {
		wait += a.pace.Interval
	}
	return a.running && wait < time.Second
}

// nearWindow reports whether a window opens or has opened within a second of now.
func (a *almanac) nearWindow() bool {
	last := len(a.windows) > 0 && a.stopwatch.Sub(a.windows[len(a.windows)-1]) < time.Second
	return a.running && (last || a.next.Sub(a.wall()) < time.Second)
}
