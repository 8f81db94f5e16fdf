package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
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

func newCache(t testing.TB) *cache {
	t.Helper()
	server := redistest.Start(t)
	proxy, err := tcpproxy.Listen(t.Context(), server.Address())
	require.NoError(t, err)
	direct := redis.NewClient(&redis.Options{Addr: server.Address()})
	t.Cleanup(func() {
		_ = direct.Close()
		require.NoError(t, proxy.Close())
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

// BenchmarkRedisFaults sends the same number of messages with a sound Redis and with
// one that something is wrong with, in turn, and prints the ratio of the two speeds:
//
//	go test -tags nomsgpack -run '^$' -bench RedisFaults -benchtime 3x ./internal/e2e
func BenchmarkRedisFaults(b *testing.B) {
	for _, fault := range redisFaults() {
		b.Run(fault.name, func(b *testing.B) {
			var sound, faulty time.Duration
			for range b.N {
				sound += timeToSend(b, nil)
				faulty += timeToSend(b, fault.happen)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(benchMessages*b.N)/sound.Seconds(), "sound_msg/s")
			b.ReportMetric(float64(benchMessages*b.N)/faulty.Seconds(), "faulty_msg/s")
			b.ReportMetric(sound.Seconds()/faulty.Seconds(), "ratio")
		})
	}
}

// benchMessages is how many messages one measurement sends.
const benchMessages = 10_000

// timeToSend returns how long a process takes for benchMessages that wait in its
// store, from the start of the scheduler until the webhook has the last.
func timeToSend(b *testing.B, happen func(c *cache) func()) time.Duration {
	b.Helper()
	var calls atomic.Int64
	all := make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := calls.Add(1)
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprintf(w, `{"message":"Accepted","messageId":"provider-%d"}`, n)
		if n == benchMessages {
			close(all)
		}
	}))
	defer hook.Close()
	c := newCache(b)
	settings := c.settings()
	settings["WEBHOOK_URL"], settings["MESSAGES_PER_INTERVAL"], settings["LOG_LEVEL"] = hook.URL, "0", "warn"
	settings["RATE_LIMIT"] = "1000000/1s"
	p := serve(b, settings)
	defer p.Kill()
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() { p.accept(benchMessages / 8) })
	}
	clients.Wait()
	if happen != nil {
		defer happen(c)()
	}
	began := time.Now() //nolint:forbidigo // what is measured
	p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	<-all
	return time.Since(began)
}
