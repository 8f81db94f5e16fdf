package handlers

import (
	"context"
	"errors"
	"time"

	"auto-message-sender/internal/models"
)

// errOverdue is the cause of a refusal for nothing but a validity that is over: the
// same request was right earlier, and may be one that is repeated.
var errOverdue = errors.New("its validity is over")

// expiry returns when a message expires, zero for never. A validity that its sender
// gave counts from send_at, also where that has passed; the default, which nobody
// chose, never runs out before the message is there.
func expiry(sendAt time.Time, validity time.Duration, given bool, now time.Time) time.Time {
	switch {
	case validity <= 0:
		return time.Time{}
	case sendAt.After(now), given && !sendAt.IsZero():
		return sendAt.Add(validity)
	}
	return now.Add(validity)
}

// overSince says that a validity is over, where it is.
func overSince(expiresAt, now time.Time) (problem string) {
	if expiresAt.IsZero() || expiresAt.After(now) {
		return ""
	}
	return "is over: counted from send_at it ended at " + timestamp(expiresAt) +
		"; give a longer one, a later send_at, or no send_at, to count from now"
}

// isRepeat reports whether a message that is overdue was accepted when it was not: it
// has the id that its key makes.
func (m *Messages) isRepeat(ctx context.Context, overdue models.Message) bool {
	there, err := m.store.Message(ctx, overdue.ID.Text)
	return err == nil && (!there.ErasedAt.IsZero() || sameMessage(there, overdue))
}

// sameMessage reports whether two messages under one key are one.
func sameMessage(a, b models.Message) bool {
	return a.To == b.To && a.Content == b.Content && a.Priority == b.Priority && a.Reference == b.Reference
}
