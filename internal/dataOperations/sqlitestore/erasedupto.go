package sqlitestore

import (
	"math"
	"sync"
	"time"

	"auto-message-sender/internal/models"
)

// erasedUpTo knows how far walks that erase have come, by status. What is erased
// stays in the index that is walked; a walk that began anew each time would read all
// of it again. So it begins a while before the place that was reached, and only a
// process's first walk at the beginning.
type erasedUpTo struct {
	mutex   sync.Mutex
	reached map[models.Status]int64 // milliseconds
}

// recordedLate is how much later than its end a message may be recorded, beyond its
// retention, and still be met by the next walk.
const recordedLate = 24 * time.Hour

// note says that everything of the status that ended before the time is erased.
func (e *erasedUpTo) note(status models.Status, at int64) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.reached == nil {
		e.reached = map[models.Status]int64{}
	}
	if reached, ok := e.reached[status]; !ok || at > reached {
		e.reached[status] = at
	}
}

// since returns where the next walk begins.
func (e *erasedUpTo) since(status models.Status) int64 {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	reached, ok := e.reached[status]
	if !ok || reached < math.MinInt64+recordedLate.Milliseconds() {
		return math.MinInt64
	}
	return reached - recordedLate.Milliseconds()
}
