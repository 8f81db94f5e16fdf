package models

import "time"

// Filter says which messages are meant. Its zero value means all of them that were
// accepted, or adopted. A time called After is included in the range, one called
// Before is not; zero: no bound.
type Filter struct {
	Status    Status // empty: any
	To        string // E.164, exactly
	Reference string
	MessageID string // the provider's

	CreatedAfter, CreatedBefore time.Time
	SentAfter, SentBefore       time.Time
	FailedAfter, FailedBefore   time.Time
}

// Order is the time by which messages are listed, the newest first.
type Order string

// The three orders.
const (
	OrderCreated Order = "created_at"
	OrderSent    Order = "sent_at"
	OrderFailed  Order = "failed_at"
)

// Order returns how the messages of the filter are listed: those that were sent by
// when they were, those that failed likewise, all others by when they were created.
// Both stores follow it, so that a cursor means the same in both.
func (f Filter) Order() Order {
	switch {
	case !f.SentAfter.IsZero(), !f.SentBefore.IsZero():
		return OrderSent
	case !f.FailedAfter.IsZero(), !f.FailedBefore.IsZero():
		return OrderFailed
	case !f.CreatedAfter.IsZero(), !f.CreatedBefore.IsZero():
		return OrderCreated
	case f.Status == StatusSent:
		return OrderSent
	case f.Status == StatusFailed:
		return OrderFailed
	}
	return OrderCreated
}

// Cursor is the place in a list after a message: the time that the list is ordered
// by, and what the store tells messages of the same time apart by. The zero value
// is the beginning.
type Cursor struct {
	At  time.Time
	Tie string // the store's own; opaque to everybody else
}

// IsZero reports whether the cursor is the beginning.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// Page is a part of a list.
type Page struct {
	Messages []Message
	// Next is where the list goes on; the zero value: it ends here. A page may hold
	// fewer messages than were asked for, even none, and still go on.
	Next Cursor
}
