package dispatch

import (
	"context"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

// troubleEvery is how often trouble that goes on is told again.
const troubleEvery = time.Minute

// trouble logs that the store fails: when it begins, now and then while it
// lasts, and when it is over, instead of four times a second.
type trouble struct {
	now func() time.Time

	mu    sync.Mutex
	since time.Time // zero: none
	told  time.Time
}

// report logs err, unless trouble was told of within the last minute, or ctx
// has ended and err is only the echo of that.
func (t *trouble) report(ctx context.Context, log logrus.FieldLogger, err error) {
	if ctx.Err() != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if t.since.IsZero() {
		t.since = now
	} else if now.Sub(t.told) < troubleEvery {
		return
	}
	t.told = now
	log.WithError(err).WithField("since", t.since.UTC().Format(time.RFC3339)).
		Error("the store fails; trying again until it answers")
}

// over logs that the store answers again, if trouble was reported.
func (t *trouble) over(log logrus.FieldLogger) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.since.IsZero() {
		return
	}
	log.WithField("duration_ms", t.now().Sub(t.since).Milliseconds()).Info("the store answers again")
	t.since = time.Time{}
}
