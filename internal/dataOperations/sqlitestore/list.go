package sqlitestore

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"auto-message-sender/internal/models"
)

// examined is how many messages one page looks at, at most, where a filter passes
// over some: then the page is short, and the list goes on.
const examined = 10_000

// List returns a page of the messages of the filter.
func (s *Store) List(ctx context.Context, filter models.Filter, after models.Cursor, limit int) (models.Page, error) {
	from, err := placeOf(after)
	if err != nil || limit <= 0 {
		return models.Page{}, err
	}
	filter, possible := withStatus(filter)
	if !possible {
		return models.Page{}, nil
	}
	w, err := s.plan(ctx, filter, from)
	if err != nil {
		return models.Page{}, err
	}
	var end place
	if w.passes {
		query, args := w.skip(examined)
		err := s.read(ctx, "list messages", query, func(values row) error {
			end = place{asInt(values[0]), asInt(values[1])}
			w.to = end
			return nil
		}, args...)
		if err != nil {
			return models.Page{}, err
		}
	}
	var page models.Page
	var last place
	query, args := w.page(limit + 1)
	err = s.read(ctx, "list messages", query, func(values row) error {
		if len(page.Messages) == limit {
			page.Next = last.cursor()
			return nil
		}
		page.Messages = append(page.Messages, toMessage(values))
		last = place{asInt(values[len(values)-2]), asInt(values[len(values)-1])}
		return nil
	}, args...)
	if err != nil {
		return models.Page{}, err
	}
	if page.Next.IsZero() && end != (place{}) {
		page.Next = end.cursor()
	}
	return page, nil
}

// withStatus returns the filter with the status that its order implies, and whether
// any message can be of it.
func withStatus(filter models.Filter) (models.Filter, bool) {
	implied := filter.Status
	switch filter.Order() {
	case models.OrderSent:
		implied = models.StatusSent
	case models.OrderFailed:
		implied = models.StatusFailed
	case models.OrderCreated:
	}
	if filter.Status != "" && (filter.Status != implied || !slices.Contains(models.Statuses(), filter.Status)) {
		return filter, false
	}
	filter.Status = implied
	return filter, true
}

// place is a place in a list: a time, and the seq that tells messages of the same
// time apart.
type place struct{ at, seq int64 }

// endOfList is older than every message.
func endOfList() place { return place{math.MinInt64, math.MinInt64} }

// firstOf is the oldest place that is not before a time.
func firstOf(at time.Time) place { return place{ceilMillis(at), math.MinInt64} }

// ceilMillis returns the first millisecond that is not before t.
func ceilMillis(t time.Time) int64 { return millis(t.Add(time.Millisecond - time.Nanosecond)) }

// older returns the older of two places.
func older(a, b place) place {
	if a.at < b.at || (a.at == b.at && a.seq < b.seq) {
		return a
	}
	return b
}

// cursor returns the place as others carry it about.
func (p place) cursor() models.Cursor {
	return models.Cursor{At: fromMillis(p.at), Tie: strconv.FormatInt(p.seq, 10)}
}

// placeOf returns the place that a cursor tells; the zero cursor is newer than every
// message.
func placeOf(cursor models.Cursor) (place, error) {
	if cursor.IsZero() {
		return place{math.MaxInt64, math.MaxInt64}, nil
	}
	seq, err := strconv.ParseInt(cursor.Tie, 10, 64)
	if err != nil {
		return place{}, models.Invalid(models.FieldError{Field: "cursor", Message: "is not one of a list of this store"})
	}
	return place{millis(cursor.At), seq}, nil
}
