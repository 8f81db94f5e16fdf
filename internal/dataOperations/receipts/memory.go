package receipts

import (
	"context"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"
)

const (
	// maxMemory bounds what the cache in process holds, in bytes: about 40,000
	// receipts. Beyond it the least used go early.
	maxMemory = 8 << 20
	// overhead is what a receipt takes beside its id, roughly: the entry, its
	// place in the hash table, in the expiry wheel and in the eviction queue.
	overhead = 160
)

// Memory keeps receipts in this process.
type Memory struct {
	sentAt *otter.Cache[string, time.Time]
}

// NewMemory returns a cache that tells time by now. Its owner closes it.
func NewMemory(now func() time.Time) (*Memory, error) {
	cache, err := otter.New(&otter.Options[string, time.Time]{
		MaximumWeight:    maxMemory,
		Weigher:          func(messageID string, _ time.Time) uint32 { return uint32(min(len(messageID), maxMemory)) + overhead },
		ExpiryCalculator: otter.ExpiryWriting[string, time.Time](Lifetime),
		Clock:            clock{now},
		Logger:           &otter.NoopLogger{},
	})
	if err != nil {
		return nil, fmt.Errorf("receipts: %w", err)
	}
	return &Memory{sentAt: cache}, nil
}

// Put is part of Cache.
func (m *Memory) Put(_ context.Context, receipts []Receipt) error {
	for _, receipt := range receipts {
		if receipt.MessageID != "" {
			m.sentAt.Set(receipt.MessageID, precise(receipt.SentAt))
		}
	}
	return nil
}

// Get is part of Cache.
func (m *Memory) Get(_ context.Context, messageID string) (Receipt, error) {
	sentAt, found := m.sentAt.GetIfPresent(messageID)
	if !found {
		return Receipt{}, notFound()
	}
	return Receipt{MessageID: messageID, SentAt: sentAt}, nil
}

// Len returns about how many receipts are kept.
func (m *Memory) Len() int { return m.sentAt.EstimatedSize() }

// Close ends the goroutine that removes what has expired.
func (m *Memory) Close() { m.sentAt.StopAllGoroutines() }

// clock lets the cache tell time by an injected function.
type clock struct{ now func() time.Time }

// NowNano is part of otter.Clock.
func (c clock) NowNano() int64 { return c.now().UnixNano() }

// Tick is part of otter.Clock. What has expired is gone for readers at once;
// the ticks only free its memory, so those of the wall clock will do.
func (c clock) Tick(every time.Duration) <-chan time.Time { return time.Tick(every) }
