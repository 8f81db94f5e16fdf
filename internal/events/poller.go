package events

import (
	"context"
	"slices"
	"sync"
	"time"

	"auto-message-sender/internal/models"
)

const (
	// pollEvery is how late an event of another process may be.
	pollEvery = time.Second
	// pollLimit bounds what one look takes in of each kind; where there is more,
	// readers are told that they missed something.
	pollLimit = 500
	// pollOverlap is looked at once more each time: a message may be written some
	// time after the moment that it bears.
	pollOverlap = 5 * time.Second
	// gapEvery is how often readers are told so while more happens than can be told.
	gapEvery = 10 * time.Second
)

// Store is what the Poller looks at.
type Store interface {
	List(ctx context.Context, filter models.Filter, after models.Cursor, limit int) (models.Page, error)
	SchedulerLogs(ctx context.Context, offset, limit int64) ([]models.SchedulerLog, int64, error)
	Now() time.Time
}

// Poller finds in the store what other processes did – accepted, sent, failed,
// started, stopped – and tells it on a Local feed, as long as somebody listens there.
// It is for several processes on one store without Redis.
type Poller struct {
	feed  *Local
	store Store

	began  time.Time // when somebody began to listen; zero: nobody does
	since  time.Time // looked at up to then
	lostAt time.Time

	cancel context.CancelFunc
	loop   sync.WaitGroup
}

// NewPoller returns a poller that runs until Close.
func NewPoller(feed *Local, store Store) *Poller {
	ctx, cancel := context.WithCancel(context.Background())
	p := &Poller{feed: feed, store: store, cancel: cancel}
	p.loop.Go(func() { p.run(ctx) })
	return p
}

// Close ends the polling.
func (p *Poller) Close() {
	p.cancel()
	p.loop.Wait()
}

func (p *Poller) run(ctx context.Context) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			p.look(ctx)
		}
	}
}

// look tells what is new since the last look. A store that is away is asked again by
// the next, from the same moment.
func (p *Poller) look(ctx context.Context) {
	if !p.feed.Wanted() {
		p.began = time.Time{}
		return
	}
	now := p.store.Now()
	if p.began.IsZero() {
		p.began, p.since = now, now
		return
	}
	from := p.since.Add(-pollOverlap)
	if from.Before(p.began) {
		from = p.began // what was before is no news
	}
	found, complete, err := p.changes(ctx, from)
	if err != nil {
		return
	}
	if !p.feed.publishNews(found) || !complete {
		p.lose(now)
	}
	p.since = now
}

// lose tells readers of a gap, but not every second.
func (p *Poller) lose(now time.Time) {
	if now.Sub(p.lostAt) >= gapEvery {
		p.lostAt = now
		p.feed.ring.lose()
	}
}

// changes returns what happened since, in its order, and whether that is all of it.
func (p *Poller) changes(ctx context.Context, since time.Time) (found []models.Event, complete bool, err error) {
	complete = true
	for _, kind := range []struct {
		filter models.Filter
		event  func(models.Message) models.Event
	}{
		{models.Filter{CreatedAfter: since}, func(m models.Message) models.Event {
			return models.Event{Type: models.EventAccepted, ID: m.ID.Text, Status: m.Status, At: m.CreatedAt}
		}},
		{models.Filter{SentAfter: since}, func(m models.Message) models.Event {
			return models.Event{Type: models.EventSent, ID: m.ID.Text, Status: m.Status, At: m.SentAt}
		}},
		{models.Filter{FailedAfter: since}, func(m models.Message) models.Event {
			return models.Event{Type: models.EventFailed, ID: m.ID.Text, Status: m.Status, At: m.FailedAt}
		}},
	} {
		page, err := p.store.List(ctx, kind.filter, models.Cursor{}, pollLimit)
		if err != nil {
			return nil, false, err //nolint:wrapcheck // nobody sees it
		}
		complete = complete && page.Next.IsZero()
		for _, message := range page.Messages {
			found = append(found, kind.event(message))
		}
	}
	entries, _, err := p.store.SchedulerLogs(ctx, 0, pollLimit)
	if err != nil {
		return nil, false, err //nolint:wrapcheck // nobody sees it
	}
	for _, entry := range entries {
		if what, ok := schedulerEvents()[entry.Action]; ok && !entry.Timestamp.Before(since) {
			found = append(found, models.Event{Type: what, ID: entry.ID, At: entry.Timestamp})
		}
	}
	slices.SortStableFunc(found, func(a, b models.Event) int { return a.At.Compare(b.At) })
	return found, complete, nil
}

// schedulerEvents tells which entries of the audit trail are events.
func schedulerEvents() map[models.Action]models.EventType {
	return map[models.Action]models.EventType{
		models.ActionStart: models.EventStarted,
		models.ActionStop:  models.EventStopped,
		models.ActionPace:  models.EventPaceChanged,
	}
}
