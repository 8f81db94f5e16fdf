package storetest

import (
	"sync"
	"time"
)

// Clock is a time that stands still until a test moves it.
type Clock struct {
	mutex sync.Mutex
	now   time.Time
}

// NewClock returns a clock that shows an ordinary Monday.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, time.January, 5, 10, 0, 0, 0, time.UTC)}
}

// Now returns what the clock shows.
func (c *Clock) Now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

// Move sets the clock forward, or back where by is negative.
func (c *Clock) Move(by time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = c.now.Add(by)
}
