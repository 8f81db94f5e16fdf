// Package receipts remembers for 24 hours which message the provider took under
// which id, and when: message_sent:<messageId> → {"message_id","sent_at"}.
//
// It is a cache beside the way of a message, never a step of it. The outcome is
// in the store before a receipt is written; whoever sends hands the receipt to
// the Writer, which never blocks, and goes on. Redis down, slow or flushed costs
// receipts, which are counted, and nothing else. Where Redis is not configured
// the same cache is kept in process, bounded, and ends with it.
package receipts

import (
	"context"
	"time"
)

// Lifetime is how long a receipt is kept.
const Lifetime = 24 * time.Hour

// Receipt tells that the provider took a message.
type Receipt struct {
	MessageID string    // the provider's id
	SentAt    time.Time // UTC, to the millisecond
}

// Cache keeps receipts. Both implementations are safe for concurrent use.
type Cache interface {
	// Put keeps the receipts for Lifetime from now. One without a MessageID is
	// skipped: there is nothing to find it by. After an error some of them may
	// be kept. It returns soon after ctx ends.
	Put(ctx context.Context, receipts []Receipt) error

	// Get returns the receipt for the provider's id; models.KindNotFound when
	// there is none, or none any more, and models.KindUnavailable when nobody
	// can tell.
	Get(ctx context.Context, messageID string) (Receipt, error)
}

// precise returns the time as every cache keeps it.
func precise(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }
