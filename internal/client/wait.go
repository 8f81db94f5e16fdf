package client

import (
	"context"
	"time"
)

// The waits for a server that does not say how long, the first and the longest.
const (
	firstWait   = 250 * time.Millisecond
	longestWait = 5 * time.Second
)

// wait is what one call has waited, and may still.
type wait struct {
	left time.Duration
	own  time.Duration // the next wait where the server names none
}

func newWait(patience time.Duration) *wait { return &wait{left: patience, own: firstWait} }

// next returns the next wait: what the server asks for, or longer and longer ones.
// It is not ok where that is more than is left.
func (w *wait) next(asked time.Duration) (delay time.Duration, ok bool) {
	delay = asked
	if delay <= 0 {
		delay = w.own
		w.own = min(2*w.own, longestWait)
	}
	if delay > w.left {
		return 0, false
	}
	w.left -= delay
	return delay, true
}

// Sleep waits, and reports whether it did so to the end.
func Sleep(ctx context.Context, delay time.Duration) bool {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
