package sqlitestore

import (
	"context"
	"slices"
	"strings"
	"time"

	"auto-message-sender/internal/models"
)

// walk is how a page of a list is read: along one index, from a place to an older one.
type walk struct {
	index string // empty: none, the messages are known
	order models.Order
	// served are conditions that the index answers: walking it meets nothing else.
	// others are looked up in each message.
	served, others []condition
	sorts          bool // the index has another order; what it finds is few, and sorted
	passes         bool // others may pass over any number of messages
	from, to       place
}

// condition is a part of a WHERE, with its arguments.
type condition struct {
	text string
	args []any
}

const (
	// isAdopted leaves out what somebody inserted by hand and nobody has adopted yet.
	isAdopted = `((status <> 'pending' AND status <> 'scheduled') OR drawn = 0 OR drawn = 1)`
	// isDrawable is the same of what waits; the index messages_waiting has it.
	isDrawable = `(drawn = 0 OR drawn = 1)`
	// findUnadopted tells whether there is anything to leave out.
	findUnadopted = `SELECT 1 FROM messages INDEXED BY messages_to_adopt WHERE ` + toAdopt + ` LIMIT 1`
)

// plan finds the index that serves the filter best.
func (s *Store) plan(ctx context.Context, filter models.Filter, from place) (*walk, error) {
	w := &walk{order: filter.Order(), others: conditions(filter), from: from, to: endOfList()}
	w.bound(filter)
	found, err := s.byLookup(ctx, w)
	if err != nil {
		return nil, err
	}
	if !found {
		w.along(filter.Status)
	}
	switch {
	case w.sorts || len(w.others) == 0:
	case len(w.others) == 1 && (w.others[0].text == isAdopted || w.others[0].text == isDrawable):
		err = s.read(ctx, "list messages", findUnadopted, func(row) error {
			w.passes = true
			return nil
		})
	default:
		w.passes = true
	}
	return w, err
}

// conditions are what the filter says, but for the times that the list is ordered by.
func conditions(filter models.Filter) []condition {
	var all []condition
	if filter.Status == "" {
		all = append(all, condition{text: isAdopted})
	} else {
		all = append(all, condition{text: hasStatus(filter.Status)})
	}
	if filter.Status == models.StatusPending || filter.Status == models.StatusScheduled {
		all = append(all, condition{text: isDrawable})
	}
	for column, value := range map[string]string{`message_id`: filter.MessageID, `reference`: filter.Reference, `"to"`: filter.To} {
		if value != "" {
			all = append(all, condition{column + " = ?", []any{value}})
		}
	}
	for order, bounds := range map[models.Order][2]time.Time{
		models.OrderCreated: {filter.CreatedAfter, filter.CreatedBefore},
		models.OrderSent:    {filter.SentAfter, filter.SentBefore},
		models.OrderFailed:  {filter.FailedAfter, filter.FailedBefore},
	} {
		if order == filter.Order() {
			continue
		}
		if after := bounds[0]; !after.IsZero() {
			all = append(all, condition{string(order) + " >= ?", []any{ceilMillis(after)}})
		}
		if before := bounds[1]; !before.IsZero() {
			all = append(all, condition{string(order) + " < ?", []any{ceilMillis(before)}})
		}
	}
	slices.SortFunc(all, func(a, b condition) int { return strings.Compare(a.text, b.text) })
	return all
}

// hasStatus is a condition without an argument: with it in the text, SQLite finds
// that it implies the condition of a partial index.
func hasStatus(status models.Status) string { return "status = '" + string(status) + "'" }

// bound makes the walk begin and end with the times that the list is ordered by.
func (w *walk) bound(filter models.Filter) {
	after, before := filter.CreatedAfter, filter.CreatedBefore
	switch w.order {
	case models.OrderSent:
		after, before = filter.SentAfter, filter.SentBefore
	case models.OrderFailed:
		after, before = filter.FailedAfter, filter.FailedBefore
	case models.OrderCreated:
	}
	if !before.IsZero() {
		w.from = older(w.from, firstOf(before))
	}
	if !after.IsZero() {
		w.to = firstOf(after)
	}
}

// along chooses the index of the list's own order.
func (w *walk) along(status models.Status) {
	switch {
	case w.order == models.OrderSent:
		w.index = "messages_sent"
	case w.order == models.OrderFailed:
		w.index = "messages_failed"
	case status == models.StatusPending:
		w.index = "messages_waiting"
		w.serve(isDrawable)
	case status == models.StatusSending:
		w.index, w.sorts = "messages_sending", true
	case status == models.StatusScheduled, status == models.StatusCanceled, status == models.StatusExpired:
		w.index = "messages_aside"
	default:
		w.index = "messages_created"
		return
	}
	w.serve(hasStatus(status))
}

// serve makes a condition one that the index answers.
func (w *walk) serve(text string) {
	i := slices.IndexFunc(w.others, func(c condition) bool { return c.text == text })
	w.served = append(w.served, w.others[i])
	w.others = slices.Delete(w.others, i, i+1)
}

// page returns the statement that reads the page, and its arguments.
func (w *walk) page(limit int) (query string, args []any) {
	where, args := w.where(append(slices.Clone(w.served), w.others...))
	at := string(w.order)
	return `SELECT ` + messageColumns + `, ` + at + `, seq FROM messages` + w.by() + where +
		` ORDER BY ` + at + ` DESC, seq DESC LIMIT ?`, append(args, limit)
}

// skip returns the statement that finds the nth place of the walk, and its
// arguments. It reads nothing but the index.
func (w *walk) skip(n int) (query string, args []any) {
	where, args := w.where(w.served)
	at := string(w.order)
	return `SELECT ` + at + `, seq FROM messages` + w.by() + where +
		` ORDER BY ` + at + ` DESC, seq DESC LIMIT 1 OFFSET ?`, append(args, n-1)
}

// by names the index, so that SQLite takes no other: it knows nothing of what is in
// the table.
func (w *walk) by() string {
	if w.index == "" {
		return ` NOT INDEXED`
	}
	return ` INDEXED BY ` + w.index
}

// where returns the conditions, and those of the places. A time that is none – NULL,
// or a text that somebody wrote there – is in no range of places.
func (w *walk) where(all []condition) (text string, args []any) {
	at := string(w.order)
	texts := make([]string, 0, len(all)+1)
	for _, one := range all {
		texts = append(texts, one.text)
		args = append(args, one.args...)
	}
	texts = append(texts, `(`+at+`, seq) < (?, ?) AND (`+at+`, seq) >= (?, ?)`)
	return ` WHERE ` + strings.Join(texts, ` AND `), append(args, w.from.at, w.from.seq, w.to.at, w.to.seq)
}
