package e2e_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/tcpproxy"
	"auto-message-sender/pkg/redisdb/redistest"
)

// cache is a Redis, and the proxy that the service reaches it by.
type cache struct {
	server *redistest.Server
	proxy  *tcpproxy.Proxy
	direct *redis.Client
}

func newCache(tb testing.TB) *cache {
	tb.Helper()
	server := redistest.Start(tb)
	proxy, err := tcpproxy.Listen(tb.Context(), server.Address())
	require.NoError(tb, err)
	direct := redis.NewClient(&redis.Options{Addr: server.Address()})
	tb.Cleanup(func() {
		_ = direct.Close()
		require.NoError(tb, proxy.Close())
	})
	return &cache{server: server, proxy: proxy, direct: direct}
}

func (c *cache) settings() map[string]string {
	return map[string]string{"REDIS_HOST": "127.0.0.1", "REDIS_PORT": strconv.Itoa(c.proxy.Port())}
}

// receipts returns how many are kept.
func (c *cache) receipts(ctx context.Context) int {
	keys, err := c.direct.Keys(ctx, "message_sent:*").Result()
	if err != nil {
		return -1
	}
	return len(keys)
}

// again does something now and every few milliseconds, until the function returned
// is called.
func again(do func()) (stop func()) {
	do()
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-end:
				return
			case <-ticker.C:
				do()
			}
		}
	}()
	return func() { close(end); <-ended }
}

// redisFault is what happens to Redis while messages are sent.
type redisFault struct {
	name string
	// happen does it, and returns what undoes it.
	happen func(c *cache) (undo func())
	// silent: Redis gives no answer as long as it lasts.
	silent bool
}

func redisFaults() []redisFault {
	slow := func(d time.Duration) func(c *cache) func() {
		return func(c *cache) func() { c.proxy.Delay(d); return func() { c.proxy.Delay(0) } }
	}
	return []redisFault{
		{"killed", func(c *cache) func() { c.server.Stop(); return c.server.Restart }, true},
		{"frozen", func(c *cache) func() { c.server.Freeze(); return c.server.Thaw }, true},
		{"hung", func(c *cache) func() { c.proxy.Mute(true); return func() { c.proxy.Mute(false) } }, true},
		{"flushed", func(c *cache) func() {
			return again(func() { _ = c.direct.FlushAll(context.Background()).Err() })
		}, false},
		{"slow by 500 ms", slow(500 * time.Millisecond), false},
		{"slow by 2 s", slow(2 * time.Second), false},
		{"reset", func(c *cache) func() { return again(c.proxy.Reset) }, false},
	}
}

// All messages go out, and the API answers, while Redis does not: with the ways in
// which no answer comes at all, nothing can have waited for one.
func TestRedis_WhateverIsWrongWithItNoSendAndNoAnswerWaitsForIt(t *testing.T) {
	t.Parallel()
	const many = 150
	for _, fault := range redisFaults() {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			hook, c := newReceiver(t, nil), newCache(t)
			settings := c.settings()
			settings["WEBHOOK_URL"], settings["MESSAGES_PER_INTERVAL"] = hook.URL, "0"
			settings["SCHEDULER_AUTOSTART"], settings["RATE_LIMIT"] = "always", "100000/1m"
			settings["MAX_IN_FLIGHT"] = "1" // were one to wait, all would, one after the other
			p := serve(t, settings)
			p.accept(5)
			p.waitForSent(5)
			require.Eventually(t, func() bool { return c.receipts(t.Context()) == 5 }, patience, 10*time.Millisecond)

			undo := fault.happen(c)
			before := c.proxy.Replies()
			began := time.Now() //nolint:forbidigo // real processes
			p.accept(many)
			// Each new try at Redis costs one request 100 ms, and there is one a second.
			require.Less(t, time.Since(began), patience/2, "the requests waited for Redis")
			p.waitForSent(5 + many)
			p.must(http.StatusOK, "GET", "/readyz", "")
			if fault.silent {
				require.Eventually(t, func() bool {
					return p.must(http.StatusOK, "GET", "/readyz", "")["status"] == "degraded"
				}, patience, 50*time.Millisecond)
				require.Equal(t, before, c.proxy.Replies(), "Redis was to give no answer")
			}
			undo()

			require.Len(t, hook.perKey(), 5+many)
			require.Len(t, hook.seen(), 5+many, "nothing twice")
			require.NoError(t, c.direct.FlushAll(t.Context()).Err())
			require.Eventually(t, func() bool { // it is used again, by itself
				p.accept(1)
				return c.receipts(t.Context()) > 0
			}, patience, 50*time.Millisecond)
		})
	}
}
