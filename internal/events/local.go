package events

import (
	"context"
	"strconv"
	"sync"
	"time"

	"auto-message-sender/internal/models"
)

// Local tells this process's events, and those that a Poller finds. Its places
// hold only as long as the process: a reader that comes back to another one is told
// that it may have missed something.
type Local struct {
	ring  *ring
	epoch string
	now   func() time.Time

	mu     sync.Mutex
	told   uint64
	recent recent
	heard  time.Time // when somebody last listened
	silent bool      // since then it was said that nobody wants events: some are missing
}

// NewLocal returns a feed; epoch differs from process to process, and now is a
// clock for spans.
func NewLocal(epoch string, now func() time.Time) *Local {
	return &Local{ring: newRing(), epoch: epoch, now: now}
}

// Publish tells the events. It never blocks.
func (l *Local) Publish(happened ...models.Event) {
	l.mu.Lock() // so that places and the ring have one order
	defer l.mu.Unlock()
	listening := l.ring.wanted() // only then is the store polled, and may tell them again
	for _, event := range happened {
		if listening {
			l.recent.note(event, l.now())
		}
		l.tell(event)
	}
}

// publishNews tells those of the events that were not told lately, and reports
// whether it could tell which they are; where it could not it told none.
func (l *Local) publishNews(happened []models.Event) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.recent.complete(l.now()) {
		return false
	}
	for _, event := range happened {
		if l.recent.note(event, l.now()) {
			l.tell(event)
		}
	}
	return true
}

func (l *Local) tell(event models.Event) {
	l.told++
	l.ring.add(Entry{Place: l.epoch + "-" + strconv.FormatUint(l.told, 10), Event: event})
}

// Subscribe listens from now on, or from after the place given.
func (l *Local) Subscribe(_ context.Context, after string) *Reader {
	l.mu.Lock()
	defer l.mu.Unlock()
	position, known := l.ring.find(after)
	reader := l.ring.reader(position)
	reader.pending.Reset = !known
	l.heard, l.silent = l.now(), false
	return reader
}

// Wanted reports whether anybody listens, or did a minute ago and may come back.
// Where it says no, events need not be published: who comes back is told.
func (l *Local) Wanted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ring.wanted():
		l.heard = l.now()
	case l.heard.IsZero() || l.now().Sub(l.heard) > wantedFor:
		if !l.silent {
			l.silent = true
			l.ring.lose() // for whoever comes back to a place before this
		}
		return false
	}
	return true
}

// Lose tells readers that something has happened which is not among the events.
func (l *Local) Lose() { l.ring.lose() }

// Listeners returns how many follow what happens here.
func (l *Local) Listeners() int { return l.ring.listeners() }

// Hush ends every reader, and Close is the same.
func (l *Local) Hush() { l.ring.close() }

// Close ends every reader.
func (l *Local) Close() { l.ring.close() }
