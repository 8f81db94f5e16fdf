package mongostore

import (
	"context"
	"fmt"
	"time"

	"auto-message-sender/internal/models"
)

// minutesKept is how long ago a minute may be to be remembered when nobody has asked
// for one so old: a day of them is a few kilobytes.
const minutesKept = 24 * time.Hour

// activity remembers the minutes that are over.
type activity struct {
	recent *counter[[]models.Minute]

	turn chan struct{} // holds one token: who has it may use the fields below
	// What is known: the minutes in which something happened, oldest first, of those
	// from begin to end.
	minutes    []models.Minute
	begin, end time.Time
}

func newActivity(recent *counter[[]models.Minute]) *activity {
	a := &activity{recent: recent, turn: make(chan struct{}, 1)}
	a.turn <- struct{}{}
	return a
}

// minuteCounter is what counts minutes that are not yet known.
type minuteCounter interface {
	nextMinute(ctx context.Context, at, end time.Time) (time.Time, error)
	countMinute(ctx context.Context, at time.Time) (models.Minute, error)
}

// over returns the minutes from begin to end, and counts those that are not known.
// What it has counted when it fails stays known.
func (a *activity) over(ctx context.Context, counter minuteCounter, begin, end time.Time) ([]models.Minute, error) {
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for another count: %w", ctx.Err())
	case <-a.turn:
	}
	defer func() { a.turn <- struct{}{} }()
	if begin.Before(a.begin) || begin.After(a.end) {
		a.minutes, a.begin, a.end = nil, begin, begin // one stretch without gaps is kept
	}
	if err := a.countUpTo(ctx, counter, end); err != nil {
		return nil, err
	}
	a.forget(earlier(begin, end.Add(-minutesKept)))
	return between(a.minutes, begin, end), nil
}

// countUpTo counts from where the known ones end.
func (a *activity) countUpTo(ctx context.Context, counter minuteCounter, end time.Time) error {
	for a.end.Before(end) {
		at, err := counter.nextMinute(ctx, a.end, end)
		if err != nil {
			return err
		}
		if !at.Before(end) {
			a.end = end
			return nil
		}
		minute, err := counter.countMinute(ctx, at)
		if err != nil {
			return err
		}
		a.minutes, a.end = append(a.minutes, minute), at.Add(time.Minute)
	}
	return nil
}

// forget drops what was before.
func (a *activity) forget(before time.Time) {
	if before.After(a.begin) {
		a.minutes, a.begin = between(a.minutes, before, a.end), before
	}
}

// between returns those of the minutes that begin at or after begin, and before end.
func between(minutes []models.Minute, begin, end time.Time) []models.Minute {
	var found []models.Minute
	for _, minute := range minutes {
		if !minute.At.Before(begin) && minute.At.Before(end) {
			found = append(found, minute)
		}
	}
	return found
}
