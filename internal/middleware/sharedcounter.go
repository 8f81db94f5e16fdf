package middleware

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/sirupsen/logrus"
	"github.com/ulule/limiter/v3"
	limiterredis "github.com/ulule/limiter/v3/drivers/store/redis"
)

const (
	defaultRedisTimeout = 100 * time.Millisecond
	// redisPause is how long Redis is left alone after it failed. Then one
	// request tries it, while the others go on without it.
	redisPause = time.Second

	keyPrefix = "rate_limit"
)

// sharedCounter counts requests in Redis, for all replicas, and knows when not
// to try.
type sharedCounter struct {
	client  limiterredis.Client
	timeout time.Duration
	rate    limiter.Rate
	log     logrus.FieldLogger
	now     func() time.Time

	mu      sync.Mutex
	store   limiter.Store // nil until Redis has taken the limiter's scripts
	away    bool
	retryAt time.Time // while away
	quiet   bool      // that it is away has been logged
}

func newSharedCounter(options RateLimitOptions, rate limiter.Rate) *sharedCounter {
	timeout := cmp.Or(options.RedisTimeout, defaultRedisTimeout)
	return &sharedCounter{
		client: boundedClient{options.Redis, timeout}, timeout: timeout,
		rate: rate, log: options.Log, now: options.Now,
		// Away until it has taken the scripts: one request at a time brings them.
		away: true,
	}
}

// count returns false when Redis did not count the request.
func (s *sharedCounter) count(ctx context.Context, key string) (limiter.Context, bool) {
	store, try := s.current()
	if !try {
		return limiter.Context{}, false
	}
	// A client that hangs up must not pass for a Redis that does not answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	var state limiter.Context
	var err error
	if store == nil {
		// Its constructor brings the scripts, with a context of its own.
		store, err = limiterredis.NewStoreWithOptions(s.client, limiter.StoreOptions{Prefix: keyPrefix})
	}
	if err == nil {
		state, err = store.Get(ctx, key, s.rate)
	}
	s.settle(store, err)
	return state, err == nil
}

// current returns the store, which may be nil, and whether to try it now.
func (s *sharedCounter) current() (store limiter.Store, try bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.away {
		return s.store, true
	}
	now := s.now()
	if now.Before(s.retryAt) {
		return nil, false
	}
	s.retryAt = now.Add(redisPause) // for the others: this request tries
	return s.store, true
}

// settle takes in how a try went, and says so when it is news.
func (s *sharedCounter) settle(store limiter.Store, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		if s.quiet {
			s.log.Info("rate limits are counted in redis again")
		}
		s.store, s.away, s.quiet = store, false, false
		return
	}
	if !s.quiet {
		s.log.WithError(err).Warn("redis does not count rate limits; this process counts on its own")
	}
	s.away, s.quiet, s.retryAt = true, true, s.now().Add(redisPause)
}

// boundedClient bounds the one call that the limiter makes without a time limit.
type boundedClient struct {
	*redis.Client
	timeout time.Duration
}

// ScriptLoad is part of the limiter's Client.
func (b boundedClient) ScriptLoad(ctx context.Context, script string) *redis.StringCmd {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	return b.Client.ScriptLoad(ctx, script)
}
