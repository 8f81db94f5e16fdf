package receipts_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/receipts"
	"auto-message-sender/internal/models"
	"auto-message-sender/pkg/redisdb/redistest"
)

// fakeCache is a cache whose Put a test decides.
type fakeCache struct {
	put func(ctx context.Context, batch []receipts.Receipt) error
}

func (f fakeCache) Put(ctx context.Context, batch []receipts.Receipt) error { return f.put(ctx, batch) }

func (fakeCache) Get(context.Context, string) (receipts.Receipt, error) {
	return receipts.Receipt{}, errors.New("not asked for here")
}

func quiet() *logrus.Logger {
	log, _ := logtest.NewNullLogger()
	return log
}

func TestWriter_WritesEverythingBeforeItIsClosed(t *testing.T) {
	t.Parallel()
	memory, err := receipts.NewMemory(sentAt)
	require.NoError(t, err)
	t.Cleanup(memory.Close)
	writer := receipts.NewWriter(memory, quiet())
	var senders sync.WaitGroup
	for i := range 8 {
		senders.Go(func() {
			for j := range 100 {
				writer.Sent(fmt.Sprint(i, "-", j), sentAt())
			}
		})
	}
	senders.Wait()
	writer.Sent("", sentAt())

	require.NoError(t, writer.Close(t.Context()))
	require.NoError(t, writer.Close(t.Context()), "closing twice is harmless")
	require.Equal(t, 800, memory.Len())
	require.Zero(t, writer.Lost())

	writer.Sent("late", sentAt())
	require.Equal(t, uint64(1), writer.Lost())
}

func TestWriter_NeverBlocksItsCaller(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	enter := sync.OnceFunc(func() { close(entered) })
	written := 0
	writer := receipts.NewWriter(fakeCache{put: func(_ context.Context, batch []receipts.Receipt) error {
		enter()
		<-release
		written += len(batch)
		return nil
	}}, quiet())

	writer.Sent("first", sentAt())
	<-entered // the cache hangs with one receipt in its hands
	for range 5000 {
		writer.Sent("more", sentAt())
	}
	require.Equal(t, uint64(5000-4096), writer.Lost())

	close(release)
	require.NoError(t, writer.Close(t.Context()))
	require.Equal(t, 1+4096, written)
}

func TestWriter_GivesEachWriteASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limits := make(chan time.Duration, 1)
		writer := receipts.NewWriter(fakeCache{put: func(ctx context.Context, _ []receipts.Receipt) error {
			deadline, _ := ctx.Deadline()
			limits <- time.Until(deadline)
			<-ctx.Done()
			return ctx.Err()
		}}, quiet())
		writer.Sent("m-1", sentAt())
		require.Equal(t, time.Second, <-limits)
		require.ErrorContains(t, writer.Close(t.Context()), "1 could not be written")
		require.Equal(t, uint64(1), writer.Lost())
	})
}

func TestWriter_SaysOnceThatReceiptsAreLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, lines := logtest.NewNullLogger()
		fail := true
		writer := receipts.NewWriter(fakeCache{put: func(context.Context, []receipts.Receipt) error {
			if fail {
				return errors.New("connection refused")
			}
			return nil
		}}, log)
		for range 3 {
			writer.Sent("m-1", sentAt())
			synctest.Wait()
		}
		fail = false
		for range 3 {
			writer.Sent("m-2", sentAt())
			synctest.Wait()
		}
		require.NoError(t, writer.Close(t.Context()))

		require.Len(t, lines.AllEntries(), 2)
		require.Equal(t, logrus.WarnLevel, lines.AllEntries()[0].Level)
		require.Equal(t, logrus.InfoLevel, lines.AllEntries()[1].Level)
		require.Equal(t, uint64(3), lines.AllEntries()[1].Data["lost"])
	})
}

func TestWriter_CloseEndsWithItsContext(t *testing.T) {
	t.Parallel()
	writer := receipts.NewWriter(fakeCache{put: func(ctx context.Context, _ []receipts.Receipt) error {
		<-ctx.Done()
		return ctx.Err()
	}}, quiet())
	for range 1000 {
		writer.Sent("m-1", sentAt())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorContains(t, writer.Close(ctx), "1000 could not be written")
}

// The promise itself, on a real server: gone, frozen, flushed, back.
func TestWriter_OutlivesRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	cache := receipts.NewRedis(connect(t, server))
	writer := receipts.NewWriter(cache, quiet())
	t.Cleanup(func() { require.NoError(t, writer.Close(context.Background())) })
	kept := func(id string) func() bool {
		return func() bool {
			// Again and again: what is written while the server is away is lost.
			writer.Sent(id, sentAt())
			_, err := cache.Get(t.Context(), id)
			return err == nil
		}
	}
	const limit, tick = 20 * time.Second, 20 * time.Millisecond
	require.Eventually(t, kept("before"), limit, tick)

	server.Stop()
	writer.Sent("while it is gone", sentAt())
	require.Eventually(t, func() bool { return writer.Lost() > 0 }, limit, tick)
	_, err := cache.Get(t.Context(), "before")
	require.Equal(t, models.KindUnavailable, models.KindOf(err))

	server.Restart()
	require.Eventually(t, kept("after the restart"), limit, tick)
	_, err = cache.Get(t.Context(), "before")
	require.Equal(t, models.KindNotFound, models.KindOf(err), "it came back empty")

	lost := writer.Lost()
	server.Freeze()
	writer.Sent("while it is frozen", sentAt())
	require.Eventually(t, func() bool { return writer.Lost() > lost }, limit, tick)
	server.Thaw()
	require.Eventually(t, kept("after the thaw"), limit, tick)
}
