package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"auto-message-sender/internal/models"
)

// What the messages of a store are that the API is asked about, in percent of them;
// the rest were sent.
const (
	failedPercent    = 4
	scheduledPercent = 4
	backlogPercent   = 30

	// The done ones were created, and sent, evenly over so long.
	mixedOver = 30 * 24 * time.Hour
	// eachRecipient is how many messages a recipient has, about; a reference has one.
	eachRecipient = 5
	// rememberedEach is of how many messages one is asked for by its id.
	rememberedEach = 100
)

// mixed is a store that has been in use for a while.
type mixed struct {
	size   int
	began  time.Time // when the first message came
	random *rand.Rand

	done, waiting []string // ids of some: sent or failed, and the last of the backlog
}

func newMixed(size int) *mixed {
	// The same store in every run: seeded, and no secret.
	return &mixed{size: size, began: time.Now().Add(-mixedOver), random: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // see above
}

func (m *mixed) backlog() int { return m.size * backlogPercent / 100 }

// prepare makes the store: those that are done, some for later among them, then the
// backlog.
func (m *mixed) prepare(ctx context.Context, dir string) error {
	var clock atomic.Int64 // the background of the store reads it
	clock.Store(m.began.UnixNano())
	now := func() time.Time { return time.Unix(0, clock.Load()) }
	return fillAt(ctx, dir, now, func(f *filler) error {
		old := m.size - m.backlog()
		step := mixedOver / time.Duration(max(1, old/fillBatch+1))
		err := f.running(ctx, func() error {
			for left := old; left > 0; left -= min(left, fillBatch) {
				if err := m.addDone(ctx, f, min(left, fillBatch)); err != nil {
					return err
				}
				clock.Add(int64(step))
			}
			return nil
		})
		if err != nil {
			return err
		}
		for left := m.backlog(); left > 0; left -= min(left, fillBatch) {
			if m.waiting, err = m.add(ctx, f, min(left, fillBatch), 0); err != nil {
				return err
			}
			clock.Store(time.Now().UnixNano())
		}
		return nil
	})
}

// addDone adds n messages, of which some are for later, and the others are done.
func (m *mixed) addDone(ctx context.Context, f *filler, n int) error {
	share := func(percent int) int { return n * percent / (100 - backlogPercent) }
	later := share(scheduledPercent)
	ids, err := m.add(ctx, f, n, later)
	if err != nil {
		return err
	}
	for i := later; i < n; i += rememberedEach {
		m.done = append(m.done, ids[i])
	}
	return f.send(ctx, n-later, share(failedPercent))
}

// add stores n messages, the first of them for later, and returns their ids.
func (m *mixed) add(ctx context.Context, f *filler, n, later int) ([]string, error) {
	ids := make([]string, n)
	batch := make([]models.Message, n)
	for i := range batch {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, fmt.Errorf("make an id: %w", err)
		}
		ids[i] = id.String()
		batch[i] = models.Message{
			ID: models.ID{Text: ids[i]}, To: m.recipient(), Content: content(f.next), Priority: models.PriorityNormal,
			Reference: reference(f.next), NumSegments: 1, Encoding: models.EncodingGSM7, CreatedAt: f.store.Now(),
		}
		if i < later {
			batch[i].SendAt = time.Now().Add(24*time.Hour + time.Duration(m.random.Int64N(int64(mixedOver))))
		}
		f.next++
	}
	if err := f.store.Accept(ctx, batch...); err != nil {
		return nil, fmt.Errorf("fill the store: %w", err)
	}
	return ids, nil
}

// recipient returns the number of one of them, in no order.
func (m *mixed) recipient() string { return recipient(m.random.IntN(max(1, m.size/eachRecipient))) }

func reference(i int) string { return fmt.Sprintf("order-%d", i) }

// moment returns a time at which messages were sent.
func (m *mixed) moment() time.Time {
	return m.began.Add(time.Duration(m.random.Int64N(int64(mixedOver))))
}

func (m *mixed) doneID() string { return m.done[m.random.IntN(len(m.done))] }

func (m *mixed) waitingID() string { return m.waiting[m.random.IntN(len(m.waiting))] }
