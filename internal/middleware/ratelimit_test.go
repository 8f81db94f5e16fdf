package middleware_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/middleware"
	"auto-message-sender/pkg/redisdb"
	"auto-message-sender/pkg/redisdb/redistest"
)

// patient is a time limit of Redis that a busy machine keeps.
const patient = 10 * time.Second

// limited returns a chain that lets so many requests a minute through, and waits
// for Redis no longer than timeout.
func limited(t *testing.T, limit int64, client *redis.Client, timeout time.Duration) *chain {
	t.Helper()
	c := setup(t)
	limiter, err := middleware.NewRateLimiter(middleware.RateLimitOptions{
		Limit: limit, Period: time.Minute, Redis: client, RedisTimeout: timeout, Log: c.log, Now: wallClock,
	})
	require.NoError(t, err)
	c.serve(ok, limiter.Limit(c.problems))
	return c
}

func connect(t *testing.T, host string, port int) *redis.Client {
	t.Helper()
	client, err := redisdb.Connect(redisdb.Options{Host: host, Port: port})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

func requireRefused(t *testing.T, answer *httptest.ResponseRecorder) {
	t.Helper()
	require.Equal(t, http.StatusTooManyRequests, answer.Code)
	problemOf(t, answer)
	wait, err := strconv.Atoi(answer.Header().Get("Retry-After"))
	require.NoError(t, err)
	require.True(t, 1 <= wait && wait <= 60, "Retry-After: %d", wait)
	require.Equal(t, "0", answer.Header().Get("X-RateLimit-Remaining"))
}

func TestRateLimiter_NeedsItsOptions(t *testing.T) {
	t.Parallel()
	_, err := middleware.NewRateLimiter(middleware.RateLimitOptions{Limit: 1, Period: time.Minute, Now: wallClock})
	require.ErrorContains(t, err, "needs Limit, Period, Log and Now")
}

func TestRateLimiter_CountsEachClientOnItsOwn(t *testing.T) {
	t.Parallel()
	whereverCounted(t, func(t *testing.T, client *redis.Client) {
		t.Helper()
		c := limited(t, 3, client, patient)
		for left := 2; left >= 0; left-- {
			answer := c.ask(http.MethodGet, "/thing")
			require.Equal(t, http.StatusOK, answer.Code)
			require.Equal(t, "done", answer.Body.String())
			require.Equal(t, "3", answer.Header().Get("X-RateLimit-Limit"))
			require.Equal(t, strconv.Itoa(left), answer.Header().Get("X-RateLimit-Remaining"))
			reset, err := strconv.ParseInt(answer.Header().Get("X-RateLimit-Reset"), 10, 64)
			require.NoError(t, err)
			require.InDelta(t, time.Minute.Seconds(), time.Until(time.Unix(reset, 0)).Seconds(), 5)
		}
		requireRefused(t, c.ask(http.MethodGet, "/thing"))
		requireRefused(t, c.ask(http.MethodGet, "/thing", header("X-Forwarded-For", "198.51.100.7"), header("X-Real-IP", "198.51.100.7")))
		require.Equal(t, http.StatusOK, c.ask(http.MethodGet, "/thing", from("192.0.2.2:1234")).Code)

		for i := range 3 {
			require.Equal(t, http.StatusOK, c.ask(http.MethodGet, "/thing", from("[2001:db8:1:2::"+strconv.Itoa(i)+"]:1234")).Code)
		}
		requireRefused(t, c.ask(http.MethodGet, "/thing", from("[2001:db8:1:2:ffff::9]:1234"))) // the same network
		require.Equal(t, http.StatusOK, c.ask(http.MethodGet, "/thing", from("[2001:db8:1:3::1]:1234")).Code)
	})
}

func TestRateLimiter_LetsExactlyTheLimitThroughAtOnce(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	shared := connect(t, server.Host(), server.Port())
	// Two replicas over one Redis are one limit.
	replicas := []*chain{limited(t, 50, shared, patient), limited(t, 50, shared, patient)}
	for _, replica := range replicas {
		// The first request of each brings the scripts.
		require.Equal(t, http.StatusOK, replica.ask(http.MethodGet, "/thing").Code)
	}
	var passed atomic.Int64
	var clients sync.WaitGroup
	for i := range 200 {
		clients.Go(func() {
			if replicas[i%2].ask(http.MethodGet, "/thing").Code == http.StatusOK {
				passed.Add(1)
			}
		})
	}
	clients.Wait()
	require.Equal(t, int64(48), passed.Load())
	for _, replica := range replicas {
		require.Empty(t, replica.lines.AllEntries(), "redis counted all of them")
	}
}

func TestRateLimiter_PeriodEndsAndAnotherBegins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := limited(t, 2, nil, 0)
		passes := func(want int) {
			t.Helper()
			got := 0
			for range 5 {
				if c.ask(http.MethodGet, "/thing").Code == http.StatusOK {
					got++
				}
			}
			require.Equal(t, want, got)
		}
		wait := func(d time.Duration) {
			time.Sleep(d) //nolint:forbidigo // the bubble's clock
		}
		wait(50 * time.Second)
		passes(2) // the period begins with the client's first request, not with the limiter
		wait(59 * time.Second)
		passes(0) // also after the counters were turned over
		wait(time.Second + time.Millisecond)
		passes(2)
		wait(24 * time.Hour)
		passes(2)
	})
}

func TestRateLimiter_ClientThatWaitsAsToldIsLetIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := limited(t, 1, nil, 0)
		time.Sleep(777 * time.Millisecond) //nolint:forbidigo // the bubble's clock: Reset loses this
		require.Equal(t, http.StatusOK, c.ask(http.MethodGet, "/thing").Code)
		time.Sleep(10 * time.Second) //nolint:forbidigo // the bubble's clock
		refused := c.ask(http.MethodGet, "/thing")
		requireRefused(t, refused)
		wait, err := strconv.Atoi(refused.Header().Get("Retry-After"))
		require.NoError(t, err)
		require.LessOrEqual(t, wait, 51)
		time.Sleep(time.Duration(wait) * time.Second) //nolint:forbidigo // the bubble's clock
		require.Equal(t, http.StatusOK, c.ask(http.MethodGet, "/thing").Code)
	})
}

// The trap of this library: with Redis away its own handler panics, or answers
// an empty 200 without calling the handler.
func TestRateLimiter_CountsOnItsOwnWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	c := limited(t, 5, connect(t, server.Host(), server.Port()), time.Second)
	require.Equal(t, "4", c.ask(http.MethodGet, "/thing").Header().Get("X-RateLimit-Remaining"))

	const gone, again = "redis does not count rate limits; this process counts on its own", "rate limits are counted in redis again"
	away := map[string]func(){"stopped": server.Stop, "frozen": server.Freeze}
	back := map[string]func(){"stopped": server.Restart, "frozen": server.Thaw}
	for i, how := range []string{"stopped", "frozen"} {
		client := from("198.51.100." + strconv.Itoa(i) + ":1234")
		away[how]()
		for range 5 {
			answer := c.ask(http.MethodGet, "/thing", client)
			require.Equal(t, http.StatusOK, answer.Code, how)
			require.Equal(t, "done", answer.Body.String(), how)
		}
		requireRefused(t, c.ask(http.MethodGet, "/thing", client))
		back[how]()
		require.Eventually(t, func() bool {
			c.ask(http.MethodGet, "/thing", client)
			return c.lines.LastEntry().Message == again
		}, 20*time.Second, 20*time.Millisecond, how)
	}
	var told []string
	for _, line := range c.lines.AllEntries() {
		if line.Level == logrus.WarnLevel || line.Level == logrus.InfoLevel {
			told = append(told, line.Message)
		}
	}
	require.Equal(t, []string{gone, again, gone, again}, told, "once each, however many requests")
}

// A Redis that hangs must not cost each request its time limit.
func TestRateLimiter_DoesNotWaitForADeadRedisEachTime(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, listener.Close()) })
	address, isTCP := listener.Addr().(*net.TCPAddr)
	require.True(t, isTCP)
	c := limited(t, 1_000_000, connect(t, "127.0.0.1", address.Port), 0) // connects, and nobody reads

	done := make(chan int)
	go func() {
		asked := 0
		for range 1000 {
			if c.ask(http.MethodGet, "/thing").Code == http.StatusOK {
				asked++
			}
		}
		done <- asked
	}()
	select {
	case asked := <-done:
		require.Equal(t, 1000, asked)
	case <-time.After(20 * time.Second):
		require.FailNow(t, "1,000 requests took 20 s: each waited for Redis")
	}
}

func TestRateLimiter_OutlivesAFlushedRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := connect(t, server.Host(), server.Port())
	c := limited(t, 2, client, patient)
	for range 2 {
		require.Equal(t, http.StatusOK, c.ask(http.MethodGet, "/thing").Code)
	}
	requireRefused(t, c.ask(http.MethodGet, "/thing"))
	require.NoError(t, client.FlushAll(t.Context()).Err())
	require.NoError(t, client.ScriptFlush(t.Context()).Err())
	require.Equal(t, "1", c.ask(http.MethodGet, "/thing").Header().Get("X-RateLimit-Remaining"))
	require.Empty(t, c.lines.AllEntries())
}

// whereverCounted runs a test with limits that are counted in process, where client is
// nil, and with limits that are counted in Redis.
func whereverCounted(t *testing.T, test func(t *testing.T, client *redis.Client)) {
	t.Helper()
	server := redistest.Start(t)
	for name, client := range map[string]*redis.Client{
		"in process": nil,
		"in redis":   connect(t, server.Host(), server.Port()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, client)
		})
	}
}
