package handlers

import (
	"context"
	"strconv"
	"time"

	"auto-message-sender/internal/models"
)

// bulkChange is what happens to each message, and to which.
type bulkChange struct {
	filters []models.Filter
	before  time.Time // what changed then or later is passed over; zero: nothing is
	dryRun  bool
	words   string // what is asked for, for the audit trail

	action  models.Action
	event   models.EventType
	becomes models.Status
	apply   func(context.Context, []models.ID) ([]bool, error)
}

// bulk walks the messages of the filters and changes them, or counts them. A crash on
// the way leaves what is changed changed, and no entry in the audit trail.
func (o *Operations) bulk(ctx context.Context, change bulkChange) (answer BulkAnswer, changed *int, err error) {
	w := &walk{operations: o, bulkChange: change, until: o.Now().Add(BulkBudget)}
	for _, filter := range change.filters {
		if err = w.over(ctx, filter); err != nil || w.late {
			break
		}
	}
	answer = BulkAnswer{DryRun: change.dryRun, Matched: w.matched, Complete: !w.late}
	if change.dryRun {
		return answer, nil, err
	}
	failed := o.note(ctx, o.NewID(), change.action, inAll(w.changed)+": "+change.words, w.changed)
	if err == nil {
		err = failed
	}
	return answer, &w.changed, err
}

// inAll is how many messages an entry of the audit trail is about, in words.
func inAll(changed int) string {
	if changed == 1 {
		return "1 message"
	}
	return strconv.Itoa(changed) + " messages"
}

// walk goes from page to page. What it has changed is no longer in the list it walks,
// and moves nothing in it.
type walk struct {
	bulkChange

	operations *Operations
	until      time.Time

	matched, changed int
	late             bool // its time is over
}

func (w *walk) over(ctx context.Context, filter models.Filter) error {
	var after models.Cursor
	for {
		if !w.operations.Now().Before(w.until) {
			w.late = true
			return nil
		}
		page, err := w.operations.Lists.List(ctx, filter, after, bulkStep)
		if err != nil {
			return err //nolint:wrapcheck // its kind decides the answer
		}
		if err := w.step(ctx, page.Messages); err != nil {
			return err
		}
		if after = page.Next; after.IsZero() {
			return nil
		}
	}
}

func (w *walk) means(message models.Message) bool {
	// Nothing is left of the one, and the other was never right: neither is ever sent.
	if !message.ErasedAt.IsZero() || message.ErrorCode == models.ErrorCodeInvalid {
		return false
	}
	return w.before.IsZero() || message.UpdatedAt.Before(w.before)
}

// step counts the messages of a page, and changes them.
func (w *walk) step(ctx context.Context, page []models.Message) error {
	messages := make([]models.Message, 0, len(page))
	ids := make([]models.ID, 0, len(page))
	for _, message := range page {
		if w.means(message) {
			messages = append(messages, message)
			ids = append(ids, message.ID)
		}
	}
	w.matched += len(ids)
	if w.dryRun || len(ids) == 0 {
		return nil
	}
	changed, err := w.apply(ctx, ids)
	if err != nil {
		return err
	}
	done := make([]models.Message, 0, len(ids))
	for i, message := range messages {
		if changed[i] {
			message.Status = w.becomes
			done = append(done, message)
		}
	}
	w.changed += len(done)
	w.operations.events.publish(w.event, done...)
	if w.becomes == models.StatusPending {
		w.operations.Wake()
	}
	return nil
}
