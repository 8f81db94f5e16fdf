package middleware_test

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/middleware"
	"auto-message-sender/pkg/redisdb/redistest"
)

// keyed returns a chain that counts requests by the keys of ring, and then asks
// for one.
func keyed(t *testing.T, limit int64, client *redis.Client) *chain {
	t.Helper()
	c := setup(t)
	limiter, err := middleware.NewRateLimiter(middleware.RateLimitOptions{
		Limit: limit, Period: time.Minute, Keys: ring(), Redis: client, RedisTimeout: patient, Log: c.log, Now: wallClock,
	})
	require.NoError(t, err)
	c.serve(ok, limiter.Limit(c.problems), middleware.Authenticate(ring(), c.problems))
	return c
}

func withKey(key string) func(*http.Request) { return header("X-API-Key", key) }

func TestRateLimiter_CountsAKeyWhereverItCallsFrom(t *testing.T) {
	t.Parallel()
	whereverCounted(t, func(t *testing.T, client *redis.Client) {
		t.Helper()
		c := keyed(t, 3, client)
		for i := range 3 {
			answer := c.ask(http.MethodGet, "/thing", withKey(opsKey), from("192.0.2."+strconv.Itoa(i)+":1"))
			require.Equal(t, http.StatusOK, answer.Code)
			require.Equal(t, strconv.Itoa(2-i), answer.Header().Get("X-RateLimit-Remaining"))
		}
		refused := c.ask(http.MethodGet, "/thing", header("Authorization", "Bearer "+opsKey), from("192.0.2.9:1"))
		requireRefused(t, refused)
		require.Contains(t, problemOf(t, refused).Detail, "with this API key")

		// Another key, and no key, from the same address are others.
		require.Equal(t, http.StatusOK, c.ask(http.MethodGet, "/thing", withKey(appKey), from("192.0.2.9:1")).Code)
		require.Equal(t, "2", c.ask(http.MethodGet, "/thing", from("192.0.2.9:1")).Header().Get("X-RateLimit-Remaining"))
	})
}

func TestRateLimiter_AKeyIsOneLimitOverAllReplicas(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	shared := connect(t, server.Host(), server.Port())
	replicas := []*chain{keyed(t, 30, shared), keyed(t, 30, shared)}
	for _, replica := range replicas { // the first request of each brings the scripts
		require.Equal(t, http.StatusOK, replica.ask(http.MethodGet, "/thing", withKey(opsKey)).Code)
	}
	var passed atomic.Int64
	var clients sync.WaitGroup
	for i := range 100 {
		clients.Go(func() {
			if replicas[i%2].ask(http.MethodGet, "/thing", withKey(opsKey), from("192.0.2."+strconv.Itoa(i)+":1")).Code == http.StatusOK {
				passed.Add(1)
			}
		})
	}
	clients.Wait()
	require.Equal(t, int64(28), passed.Load())
}

// Whoever guesses learns nothing beyond the limit: not even the right key is
// answered otherwise then. Elsewhere it works on.
func TestRateLimiter_GuessingKeysIsLimitedByAddress(t *testing.T) {
	t.Parallel()
	whereverCounted(t, func(t *testing.T, client *redis.Client) {
		t.Helper()
		c := keyed(t, 5, client)
		for i := range 5 {
			guess := c.ask(http.MethodGet, "/thing", withKey("guess-0123456789-"+strconv.Itoa(i)))
			require.Equal(t, http.StatusUnauthorized, guess.Code)
		}
		for _, key := range []string{"guess-0123456789-5", opsKey, appKey} {
			requireRefused(t, c.ask(http.MethodGet, "/thing", withKey(key)))
		}
		require.Equal(t, http.StatusOK, c.ask(http.MethodGet, "/thing", withKey(opsKey), from("192.0.2.2:1")).Code)
	})
}

func TestRateLimiter_AKeyIsLookedAtAgainWhenThePeriodIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := keyed(t, 2, nil)
		time.Sleep(777 * time.Millisecond) //nolint:forbidigo // the bubble's clock: Reset loses this
		for range 3 {
			c.ask(http.MethodGet, "/thing", withKey("guess-0123456789"))
		}
		refused := c.ask(http.MethodGet, "/thing", withKey(opsKey))
		requireRefused(t, refused)
		time.Sleep(10 * time.Second) //nolint:forbidigo // the bubble's clock
		refused = c.ask(http.MethodGet, "/thing", withKey(opsKey))
		wait, err := strconv.Atoi(refused.Header().Get("Retry-After"))
		require.NoError(t, err)
		time.Sleep(time.Duration(wait) * time.Second) //nolint:forbidigo // the bubble's clock
		require.Equal(t, http.StatusOK, c.ask(http.MethodGet, "/thing", withKey(opsKey)).Code)
	})
}

// A client that shows right keys is not taken for one that guesses, however many
// requests it makes.
func TestRateLimiter_RightKeysAreNoGuesses(t *testing.T) {
	t.Parallel()
	c := keyed(t, 3, nil)
	for range 10 {
		c.ask(http.MethodGet, "/thing", withKey(opsKey))
	}
	require.Equal(t, http.StatusOK, c.ask(http.MethodGet, "/thing", withKey(appKey)).Code)
}

// Where the API asks for no keys, a key that somebody sends all the same does not
// make another client of it.
func TestRateLimiter_WithoutKeysEverybodyIsAnAddress(t *testing.T) {
	t.Parallel()
	c := limited(t, 3, nil, 0)
	for i := range 3 {
		require.Equal(t, http.StatusOK, c.ask(http.MethodGet, "/thing", withKey("whatever-"+strconv.Itoa(i))).Code)
	}
	requireRefused(t, c.ask(http.MethodGet, "/thing", withKey("another")))
}
