package middleware

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/redis/go-redis/v9"
	"github.com/sirupsen/logrus"
	"github.com/ulule/limiter/v3"

	"auto-message-sender/internal/handlers"
)

// RateLimitOptions says how many requests a client may make, and where they are
// counted. Redis may be nil: then this process counts alone.
type RateLimitOptions struct {
	Limit  int64
	Period time.Duration
	// Keys are those whose bearers are counted by name; nil, or an empty ring:
	// everybody is counted by address.
	Keys  *Keyring
	Redis *redis.Client
	// RedisTimeout is how long a request waits for Redis before this process
	// counts it; 0: 100 ms.
	RedisTimeout time.Duration
	Log          logrus.FieldLogger
	Now          func() time.Time
}

// RateLimiter allows each client a number of requests in a period that begins with
// its first one. A client is who shows a known key, wherever it calls from;
// otherwise it is an address.
//
// Guessing keys is limited by address as well: once as many unknown keys came from
// one as it may make requests, no key from there is looked at until the period is
// over, not even a right one. Otherwise the right one would stand out among the
// refusals. Each replica counts guesses on its own.
type RateLimiter struct {
	rate    limiter.Rate
	keys    *Keyring
	local   *localCounter
	shared  *sharedCounter // nil: none is configured
	guesses *localCounter
	now     func() time.Time
}

// NewRateLimiter returns a limiter, or says what is missing. It does not wait
// for Redis.
func NewRateLimiter(options RateLimitOptions) (*RateLimiter, error) {
	if options.Limit < 1 || options.Period <= 0 || options.Log == nil || options.Now == nil {
		return nil, errors.New("middleware: a rate limiter needs Limit, Period, Log and Now")
	}
	rate := limiter.Rate{Limit: options.Limit, Period: options.Period}
	l := &RateLimiter{
		rate: rate, keys: options.Keys, now: options.Now,
		local: newLocalCounter(rate, options.Now), guesses: newLocalCounter(rate, options.Now),
	}
	if options.Redis != nil {
		l.shared = newSharedCounter(options, rate)
	}
	return l, nil
}

// Limit counts the request and refuses it with a 429 when there were too many.
// Every answer tells the client where it stands; X-RateLimit-Reset is a Unix time.
func (l *RateLimiter) Limit(problems *handlers.Problems) gin.HandlerFunc {
	return func(c *gin.Context) {
		if l.admits(c, problems) {
			c.Next()
		}
	}
}

// admits counts the request, and answers it where there were too many.
func (l *RateLimiter) admits(c *gin.Context, problems *handlers.Problems) bool {
	ctx, address := c.Request.Context(), clientKey(c.ClientIP())
	counted, whose := address, "from this address"
	if key, shown := shownKey(c.Request.Header); shown && !l.keys.Empty() {
		if !l.mayGuess(c, problems) {
			return false
		}
		if caller, known := l.keys.find(key); known {
			counted, whose = "key:"+caller.name, "with this API key" // no address has a y
		} else {
			l.guessed(ctx, address)
		}
	}
	state, err := l.count(ctx, counted)
	if err != nil {
		problems.Answer(c, err)
		return false
	}
	c.Header("X-RateLimit-Limit", strconv.FormatInt(state.Limit, 10))
	c.Header("X-RateLimit-Remaining", strconv.FormatInt(state.Remaining, 10))
	c.Header("X-RateLimit-Reset", strconv.FormatInt(state.Reset, 10))
	if state.Reached {
		l.refuse(c, problems, state, "too many requests "+whose)
	}
	return !state.Reached
}

// mayGuess reports whether a key from the request's address is looked at, and
// answers the request where it is not.
func (l *RateLimiter) mayGuess(c *gin.Context, problems *handlers.Problems) bool {
	state, err := l.guesses.peek(c.Request.Context(), clientKey(c.ClientIP()))
	if err != nil {
		problems.Answer(c, err)
		return false
	}
	if state.Remaining > 0 {
		return true
	}
	c.Header("X-RateLimit-Limit", strconv.FormatInt(state.Limit, 10))
	c.Header("X-RateLimit-Remaining", "0")
	c.Header("X-RateLimit-Reset", strconv.FormatInt(state.Reset, 10))
	l.refuse(c, problems, state, "too many unknown keys or signatures from this address")
	return false
}

// guessed counts an unknown key, or a signature that does not fit.
func (l *RateLimiter) guessed(ctx context.Context, address string) {
	_, _ = l.guesses.count(ctx, address) // in process: there is nothing that can fail
}

// refuse answers 429.
func (l *RateLimiter) refuse(c *gin.Context, problems *handlers.Problems, state limiter.Context, detail string) {
	c.Header("Retry-After", strconv.FormatInt(l.retryAfter(state), 10))
	problems.Answer(c, handlers.Refuse(http.StatusTooManyRequests, detail+"; see Retry-After"))
}

// count counts in Redis, or in this process as long as Redis cannot.
func (l *RateLimiter) count(ctx context.Context, key string) (limiter.Context, error) {
	if l.shared != nil {
		if state, ok := l.shared.count(ctx, key); ok {
			return state, nil
		}
	}
	return l.local.count(ctx, key)
}

// retryAfter returns in how many seconds the client may come back: Reset has
// lost the fraction of its last second.
func (l *RateLimiter) retryAfter(state limiter.Context) int64 {
	longest := int64((l.rate.Period + time.Second - 1) / time.Second)
	return max(1, min(state.Reset-l.now().Unix()+1, longest))
}

// clientKey is the address that is counted. An IPv6 client usually has 2^64
// addresses to itself; they count as one.
func clientKey(address string) string {
	parsed, err := netip.ParseAddr(address)
	if err != nil || parsed.Unmap().Is4() {
		return address
	}
	network, err := parsed.Prefix(64)
	if err != nil {
		return address
	}
	return network.Masked().String()
}
