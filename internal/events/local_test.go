package events_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/events"
	"auto-message-sender/internal/models"
)

// clock is the real one, or that of the bubble.
func clock() time.Time { return time.Now() } //nolint:forbidigo // see above

func sent(n int) models.Event {
	return models.Event{Type: models.EventSent, ID: fmt.Sprintf("message-%d", n), Status: models.StatusSent, At: time.UnixMilli(1_800_000_000_000).UTC()}
}

// next reads one batch; it fails the test where none comes.
func next(t *testing.T, reader *events.Reader) events.Batch {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	batch, err := reader.Next(ctx)
	require.NoError(t, err)
	return batch
}

// ids returns the messages of a batch.
func ids(batch events.Batch) (ids []string) {
	for _, entry := range batch.Entries {
		ids = append(ids, entry.ID)
	}
	return ids
}

func newLocal(t *testing.T) *events.Local {
	t.Helper()
	feed := events.NewLocal("epoch", clock)
	t.Cleanup(feed.Close)
	return feed
}

func TestLocal_EveryReaderGetsWhatHappensFromNowOn(t *testing.T) {
	t.Parallel()
	feed := newLocal(t)
	feed.Publish(sent(1))
	first, second := feed.Subscribe(t.Context(), ""), feed.Subscribe(t.Context(), "")
	defer first.Close()
	defer second.Close()
	feed.Publish(sent(2), sent(3))
	for _, reader := range []*events.Reader{first, second} {
		batch := next(t, reader)
		require.False(t, batch.Reset)
		require.Equal(t, []string{"message-2", "message-3"}, ids(batch))
	}
}

func TestLocal_AReaderThatComesBackGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	feed := newLocal(t)
	reader := feed.Subscribe(t.Context(), "")
	feed.Publish(sent(1), sent(2))
	place := next(t, reader).Entries[0].Place
	reader.Close()
	feed.Publish(sent(3))
	again := feed.Subscribe(t.Context(), place)
	defer again.Close()
	batch := next(t, again)
	require.False(t, batch.Reset)
	require.Equal(t, []string{"message-2", "message-3"}, ids(batch))
}

func TestLocal_WhoeverMissedSomethingIsToldSo(t *testing.T) {
	t.Parallel()
	t.Run("a place of another process", func(t *testing.T) {
		t.Parallel()
		feed := newLocal(t)
		feed.Publish(sent(1))
		reader := feed.Subscribe(t.Context(), "other-1")
		defer reader.Close()
		batch := next(t, reader)
		require.True(t, batch.Reset)
		require.Empty(t, batch.Entries)
		feed.Publish(sent(2))
		batch = next(t, reader)
		require.False(t, batch.Reset, "told once")
		require.Equal(t, []string{"message-2"}, ids(batch))
	})
	t.Run("a reader that is too slow", func(t *testing.T) {
		t.Parallel()
		feed := newLocal(t)
		reader := feed.Subscribe(t.Context(), "")
		defer reader.Close()
		for i := range 10_000 {
			feed.Publish(sent(i))
		}
		batch := next(t, reader)
		require.True(t, batch.Reset)
		got := ids(batch)
		for len(got) < 4096 {
			batch = next(t, reader)
			require.False(t, batch.Reset)
			got = append(got, ids(batch)...)
		}
		require.Equal(t, "message-9999", got[len(got)-1], "it gets what is still there")
		require.Equal(t, "message-5904", got[0])
	})
}

func TestLocal_ClosingEndsEveryReader(t *testing.T) {
	t.Parallel()
	feed := events.NewLocal("epoch", clock)
	reader := feed.Subscribe(t.Context(), "")
	defer reader.Close()
	ended := make(chan error, 1)
	go func() { _, err := reader.Next(context.WithoutCancel(t.Context())); ended <- err }()
	feed.Close()
	require.ErrorIs(t, <-ended, events.ErrClosed)
}

func TestLocal_IsWantedWhileSomebodyListensOrMayComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		feed := events.NewLocal("epoch", clock)
		defer feed.Close()
		require.False(t, feed.Wanted())
		reader := feed.Subscribe(t.Context(), "")
		<-time.After(time.Hour)
		require.True(t, feed.Wanted())
		feed.Publish(sent(1))
		place := next(t, reader).Entries[0].Place
		reader.Close()
		reader.Close()
		<-time.After(50 * time.Second)
		require.True(t, feed.Wanted())
		<-time.After(20 * time.Second)
		again := feed.Subscribe(t.Context(), place)
		quiet, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := again.Next(quiet)
		require.ErrorIs(t, err, context.DeadlineExceeded, "nobody was told that events are not wanted")
		again.Close()
		<-time.After(2 * time.Minute)
		require.False(t, feed.Wanted(), "now events are not even made")
		other := feed.Subscribe(t.Context(), "")
		defer other.Close()
		require.True(t, feed.Wanted())
		again = feed.Subscribe(t.Context(), place)
		defer again.Close()
		require.True(t, next(t, again).Reset, "whoever listens since")
	})
}

// shelf is a store with what other processes did.
type shelf struct {
	mu       sync.Mutex
	messages []models.Message
	entries  []models.SchedulerLog
	more     bool
}

func (s *shelf) Now() time.Time { return clock().UTC() }

func (s *shelf) List(_ context.Context, filter models.Filter, _ models.Cursor, limit int) (models.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var page models.Page
	for _, message := range s.messages {
		at, after := message.CreatedAt, filter.CreatedAfter
		switch filter.Order() {
		case models.OrderSent:
			at, after = message.SentAt, filter.SentAfter
		case models.OrderFailed:
			at, after = message.FailedAt, filter.FailedAfter
		case models.OrderCreated:
		}
		if !at.IsZero() && !at.Before(after) && len(page.Messages) < limit {
			page.Messages = append(page.Messages, message)
		}
	}
	if s.more {
		page.Next = models.Cursor{Tie: "more"}
	}
	return page, nil
}

func (s *shelf) SchedulerLogs(context.Context, int64, int64) ([]models.SchedulerLog, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entries, int64(len(s.entries)), nil
}

func TestPoller_TellsWhatOtherProcessesDidAndNothingTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		feed := events.NewLocal("epoch", clock)
		defer feed.Close()
		store := &shelf{messages: []models.Message{{ID: models.ID{Text: "old"}, CreatedAt: clock().UTC()}}}
		poller := events.NewPoller(feed, store)
		defer poller.Close()
		<-time.After(time.Minute)
		reader := feed.Subscribe(t.Context(), "")
		defer reader.Close()
		<-time.After(2500 * time.Millisecond) // it has seen that somebody listens

		now := clock().UTC()
		mine := models.Event{Type: models.EventAccepted, ID: "mine", Status: models.StatusPending, At: now}
		feed.Publish(mine)
		store.mu.Lock()
		store.messages = append(store.messages,
			models.Message{ID: models.ID{Text: "mine"}, Status: models.StatusPending, CreatedAt: now},
			models.Message{ID: models.ID{Text: "theirs"}, Status: models.StatusSent, CreatedAt: now, SentAt: now.Add(time.Millisecond)},
			models.Message{ID: models.ID{Text: "failed"}, Status: models.StatusFailed, CreatedAt: now.Add(-time.Hour), FailedAt: now.Add(2 * time.Millisecond)})
		store.entries = []models.SchedulerLog{{ID: "entry", Action: models.ActionStop, Timestamp: now.Add(3 * time.Millisecond)}}
		store.mu.Unlock()
		<-time.After(20 * time.Second)

		var told []string
		for len(told) < 5 {
			batch := next(t, reader)
			require.False(t, batch.Reset)
			for _, entry := range batch.Entries {
				told = append(told, string(entry.Type)+" "+entry.ID)
			}
		}
		require.Equal(t, []string{
			"message.accepted mine", "message.accepted theirs", "message.sent theirs", "message.failed failed", "scheduler.stopped entry",
		}, told)
		quiet, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := reader.Next(quiet)
		require.ErrorIs(t, err, context.DeadlineExceeded, "nothing twice")
	})
}

func TestPoller_SaysWhenMoreHappensThanItCanTell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		feed := events.NewLocal("epoch", clock)
		defer feed.Close()
		poller := events.NewPoller(feed, &shelf{more: true})
		defer poller.Close()
		reader := feed.Subscribe(t.Context(), "")
		defer reader.Close()
		require.True(t, next(t, reader).Reset)
	})
}
