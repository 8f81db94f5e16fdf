package redisdb_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/pkg/redisdb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connect returns a client of the server at the address given.
func connect(t *testing.T, address string, change ...func(*redisdb.Options)) *redis.Client {
	t.Helper()
	tcp, err := net.ResolveTCPAddr("tcp", address)
	require.NoError(t, err)
	options := redisdb.Options{
		Host: tcp.IP.String(), Port: tcp.Port,
		DialTimeout: 5 * time.Second, ReadTimeout: 3 * time.Second, WriteTimeout: 3 * time.Second,
		PoolSize: 3, MinIdleConns: 1,
	}
	for _, apply := range change {
		apply(&options)
	}
	client, err := redisdb.Connect(options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// nobody returns an address that refuses connections.
func nobody(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

// silent returns the address of a server that takes connections and commands
// and never answers.
func silent(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = connection.Close() })
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		<-done
	})
	return listener.Addr().String()
}

func TestConnect_SpeaksToTheDatabaseItWasGiven(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	server.RequireAuth("a password")
	client := connect(t, server.Addr(), func(o *redisdb.Options) { o.Password, o.Database = "a password", 3 })

	require.NoError(t, redisdb.Ping(t.Context(), client))
	require.NoError(t, client.Set(t.Context(), "key", "value", 0).Err())
	got, err := server.DB(3).Get("key")
	require.NoError(t, err)
	require.Equal(t, "value", got)
}

func TestConnect_NeedsAHost(t *testing.T) {
	t.Parallel()
	_, err := redisdb.Connect(redisdb.Options{Port: 6379})
	require.ErrorContains(t, err, "a host is required")
}

// within fails the test where the call takes longer than a second, which is
// less than any time limit of the client's own.
func within(t *testing.T, call func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		call()
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
		<-done
		require.FailNow(t, "took longer than a second")
	}
}

func TestConnect_DoesNotWaitForTheServer(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{"refuses": nobody(t), "never answers": silent(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			within(t, func() { connect(t, address) })
		})
	}
}

func TestPing_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{"refuses": nobody(t), "never answers": silent(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := connect(t, address)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			var err error
			within(t, func() { err = redisdb.Ping(ctx, client) })
			require.ErrorContains(t, err, "ping redis")
		})
	}
}

func TestConnect_FindsTheServerAgain(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	client := connect(t, server.Addr())
	require.NoError(t, redisdb.Ping(t.Context(), client))
	server.Close()
	require.Error(t, redisdb.Ping(t.Context(), client))
	require.NoError(t, server.Restart())
	require.Eventually(t, func() bool { return redisdb.Ping(t.Context(), client) == nil }, 10*time.Second, 20*time.Millisecond)
}

// spy is a logger of the driver's that tells whether it was used.
type spy struct{ used atomic.Bool }

func (s *spy) Printf(context.Context, string, ...any) { s.used.Store(true) }

// Not parallel: the driver has one logger for the whole process.
func TestConnect_KeepsTheDriverQuiet(t *testing.T) {
	logger := new(spy)
	redis.SetLogger(logger)
	client := connect(t, nobody(t))
	require.Error(t, redisdb.Ping(t.Context(), client))
	require.False(t, logger.used.Load())
}
