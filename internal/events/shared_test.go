package events_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/events"
	"auto-message-sender/pkg/redisdb"
	"auto-message-sender/pkg/redisdb/redistest"
)

// replica is a feed of its own on the server.
func replica(t *testing.T, server *redistest.Server) (*events.Shared, *redis.Client) {
	t.Helper()
	client, err := redisdb.Connect(redisdb.Options{Host: server.Host(), Port: server.Port()})
	require.NoError(t, err)
	log, _ := test.NewNullLogger()
	feed := events.NewShared(client, log)
	t.Cleanup(func() {
		feed.Close()
		require.NoError(t, client.Close())
	})
	return feed, client
}

// listen subscribes, and waits until the other feeds know that somebody listens.
func listen(t *testing.T, feed *events.Shared, others ...*events.Shared) *events.Reader {
	t.Helper()
	reader := feed.Subscribe(t.Context(), "")
	t.Cleanup(reader.Close)
	for _, other := range others {
		require.Eventually(t, other.Wanted, 10*time.Second, 10*time.Millisecond)
	}
	return reader
}

// until reads until the message's event comes, and reports whether there was a reset.
func until(t *testing.T, reader *events.Reader, id string) (got []string, reset bool) {
	t.Helper()
	for {
		batch := next(t, reader)
		reset = reset || batch.Reset
		got = append(got, ids(batch)...)
		if len(got) > 0 && got[len(got)-1] == id {
			return got, reset
		}
	}
}

func TestShared_AReaderHearsOfEveryReplica(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	here, _ := replica(t, server)
	there, _ := replica(t, server)
	require.False(t, here.Wanted())
	reader := listen(t, here, here, there)
	there.Publish(sent(1))
	got, _ := until(t, reader, "message-1") // with a reset where it was asked before somebody listened
	require.Equal(t, []string{"message-1"}, got)
	here.Publish(sent(2))
	for {
		if batch := next(t, reader); len(batch.Entries) > 0 {
			require.Equal(t, sent(2), batch.Entries[0].Event)
			return
		}
	}
}

func TestShared_AReaderGoesOnAtAnotherReplica(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	here, client := replica(t, server)
	reader := listen(t, here, here)
	here.Publish(sent(0))
	until(t, reader, "message-0")
	here.Publish(sent(1), sent(2), sent(3))
	var place string
	for place == "" {
		if batch := next(t, reader); len(batch.Entries) > 0 {
			place = batch.Entries[0].Place
		}
	}
	later, _ := replica(t, server) // its ring knows nothing of that
	again := later.Subscribe(t.Context(), place)
	t.Cleanup(again.Close)
	here.Publish(sent(4))
	got, reset := until(t, again, "message-4")
	require.Equal(t, []string{"message-2", "message-3", "message-4"}, got)
	require.False(t, reset)

	for name, unknown := range map[string]string{"flushed": place, "no place": "gibberish", "trimmed": "1-0"} {
		if name == "flushed" {
			require.NoError(t, client.FlushAll(t.Context()).Err())
			fresh, _ := replica(t, server)
			again = fresh.Subscribe(t.Context(), unknown)
		} else {
			again = later.Subscribe(t.Context(), unknown)
		}
		require.True(t, next(t, again).Reset, name)
		again.Close()
	}
}

func TestShared_RedisGoneAndBackIsToldAsAGap(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	feed, _ := replica(t, server)
	reader := listen(t, feed, feed)
	feed.Publish(sent(1))
	until(t, reader, "message-1")
	server.Stop()
	for i := range 20_000 { // never blocks, whatever the queue holds
		feed.Publish(sent(i))
	}
	server.Restart()
	require.Eventually(t, func() bool {
		feed.Publish(sent(-1))
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		batch, err := reader.Next(ctx)
		return err == nil && batch.Reset
	}, 30*time.Second, 10*time.Millisecond)
	feed.Publish(sent(7))
	until(t, reader, "message-7")
}

func TestShared_WhatCannotBeToldIsToldAsAGapWithoutAnotherEvent(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	here, _ := replica(t, server)
	there, _ := replica(t, server)
	reader := listen(t, here, here, there)
	here.Publish(sent(1))
	until(t, reader, "message-1")
	there.Lose()
	for !next(t, reader).Reset {
	}
}

func TestShared_NothingIsWrittenWhileNobodyListens(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	feed, client := replica(t, server)
	feed.Publish(sent(1))
	require.Never(t, func() bool { return client.Exists(t.Context(), "message_events").Val() > 0 }, 300*time.Millisecond, 20*time.Millisecond)
}
