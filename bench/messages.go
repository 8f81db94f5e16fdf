package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

const (
	// The messages, by their number: the same in every row.
	recipientFormat = "+90555%07d"
	contentFormat   = "Benchmark message number %d, of a usual length."

	// fillBatch is how many messages are stored in one write.
	fillBatch = 1000
)

func recipient(i int) string { return fmt.Sprintf(recipientFormat, i%10_000_000) }

func content(i int) string { return fmt.Sprintf(contentFormat, i) }

// filler puts messages into the embedded store of a directory, by the store's own
// operations, while no service runs on it.
type filler struct {
	store *sqlitestore.Store
	next  int // number of the next message
}

// fill opens the store, lets work use it, and closes it.
func fill(ctx context.Context, dir string, work func(*filler) error) error {
	return fillAt(ctx, dir, time.Now, work)
}

// fillAt is fill at a time of its own.
func fillAt(ctx context.Context, dir string, now func() time.Time, work func(*filler) error) (err error) {
	log := logrus.New()
	log.SetLevel(logrus.ErrorLevel)
	store, err := sqlitestore.Open(ctx, sqlitestore.Options{Dir: dir, Now: now, NewID: uuid.NewString, Log: log})
	if err != nil {
		return fmt.Errorf("open the store to fill it: %w", err)
	}
	defer func() {
		if closeErr := store.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("close the filled store: %w", closeErr)
		}
	}()
	return work(&filler{store: store})
}

// preload fills the store of a directory with n messages that are due.
func preload(ctx context.Context, dir string, n int) error {
	return fill(ctx, dir, func(f *filler) error { return f.pending(ctx, n) })
}

// pending adds n messages that are due.
func (f *filler) pending(ctx context.Context, n int) error {
	created := time.Now().Add(-time.Hour)
	batch := make([]models.Message, 0, fillBatch)
	for last := f.next + n; f.next < last; f.next++ {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make an id: %w", err)
		}
		batch = append(batch, models.Message{
			ID: models.ID{Text: id.String()}, To: recipient(f.next), Content: content(f.next),
			Priority: models.PriorityNormal, CreatedAt: created,
		})
		if len(batch) == fillBatch || f.next == last-1 {
			if err := f.store.Accept(ctx, batch...); err != nil {
				return fmt.Errorf("fill the store: %w", err)
			}
			batch = batch[:0]
		}
	}
	return nil
}

// sent adds n messages that were sent, each by the whole way of a message but the call.
func (f *filler) sent(ctx context.Context, n int) error {
	return f.running(ctx, func() error {
		for left := n; left > 0; {
			size := min(left, fillBatch)
			if err := f.pending(ctx, size); err != nil {
				return err
			}
			if err := f.send(ctx, size, 0); err != nil {
				return err
			}
			left -= size
		}
		return nil
	})
}

// running lets work claim: it starts the scheduler, without a cap, and stops it.
func (f *filler) running(ctx context.Context, work func() error) error {
	if err := f.store.Configure(ctx, models.Pace{Interval: time.Minute}); err != nil {
		return fmt.Errorf("fill the store: %w", err)
	}
	if _, err := f.store.Start(ctx, models.SchedulerLog{Actor: "bench"}); err != nil {
		return fmt.Errorf("fill the store: %w", err)
	}
	if err := work(); err != nil {
		return err
	}
	if _, err := f.store.Stop(ctx, models.SchedulerLog{Actor: "bench"}); err != nil {
		return fmt.Errorf("fill the store: %w", err)
	}
	return nil
}

// send claims n messages and records each as sent, but the first as failed.
func (f *filler) send(ctx context.Context, n, failed int) error {
	result, err := f.store.Claim(ctx, dataoperations.ClaimRequest{Owner: "bench", Lease: time.Minute, Max: n})
	if err != nil {
		return fmt.Errorf("fill the store: %w", err)
	}
	if len(result.Claimed) != n {
		return fmt.Errorf("fill the store: claimed %d of %d", len(result.Claimed), n)
	}
	now := f.store.Now()
	outcomes := make([]models.Outcome, n)
	for i, claimed := range result.Claimed {
		outcomes[i] = models.Outcome{
			ID: claimed.ID, ClaimID: claimed.ClaimID, Result: models.ResultSent, At: now, MessageID: uuid.NewString(),
			Attempt: models.Attempt{Number: claimed.Attempt, StartedAt: now, Duration: time.Millisecond, StatusCode: 202, Replica: "bench"},
		}
		if i < failed {
			outcomes[i].Result, outcomes[i].MessageID = models.ResultFailed, ""
			outcomes[i].Error, outcomes[i].ErrorCode = "the webhook answered 400", "http_400"
			outcomes[i].Attempt.StatusCode, outcomes[i].Attempt.Error = 400, outcomes[i].Error
		}
	}
	if _, err := f.store.Record(ctx, outcomes); err != nil {
		return fmt.Errorf("fill the store: %w", err)
	}
	return nil
}
