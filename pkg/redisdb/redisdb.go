// Package redisdb connects to one Redis server.
//
// Connecting never waits: the client that Connect returns dials when it is
// first used, and again whenever the server comes back, so that a service can
// start, and go on, without its cache. Every call made through the client ends
// with its context, also while it dials or waits for a free connection.
package redisdb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Client is a connection pool to one server.
type Client = redis.Client

// Options says where the server is and how much to ask of it. Host is required;
// a zero elsewhere takes the driver's default.
type Options struct {
	Host     string
	Port     int
	Password string // empty: none
	Database int    // number of the logical database

	DialTimeout  time.Duration
	ReadTimeout  time.Duration // of one answer
	WriteTimeout time.Duration // of one command

	PoolSize     int // most connections
	MinIdleConns int // connections kept ready
}

// Connect returns a client of the server. It makes no promise that the server is
// there: see Ping. The caller ends it with its Close.
func Connect(options Options) (*Client, error) {
	if options.Host == "" {
		return nil, errors.New("redisdb: a host is required, for example localhost")
	}
	// The driver writes every failed dial to stderr, past the service's own
	// logger. Whoever uses the client sees the same errors and says it once.
	logging.Disable()
	return redis.NewClient(&redis.Options{
		Addr:         net.JoinHostPort(options.Host, strconv.Itoa(options.Port)),
		Password:     options.Password,
		DB:           options.Database,
		DialTimeout:  options.DialTimeout,
		ReadTimeout:  options.ReadTimeout,
		WriteTimeout: options.WriteTimeout,
		PoolSize:     options.PoolSize,
		MinIdleConns: options.MinIdleConns,

		// Without this a context's deadline is ignored once a connection is had.
		ContextTimeoutEnabled: true,
		// A caller that can wait tries again itself; one that cannot must not be
		// held up by five dials in a row.
		DialerRetries: 1,
		// Both are commands at the start of each connection that older servers,
		// and those behind a proxy, refuse.
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}), nil
}

// Ping reports whether the server answers before ctx ends.
func Ping(ctx context.Context, client *Client) error {
	if err := client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("ping redis: %w", err)
	}
	return nil
}
