package receipts_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/internal/dataOperations/receipts"
	"auto-message-sender/internal/models"
	"auto-message-sender/pkg/redisdb"
	"auto-message-sender/pkg/redisdb/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ = []receipts.Cache{(*receipts.Redis)(nil), (*receipts.Memory)(nil)}

// setup is one implementation under test, in its own test.
type setup struct {
	*testing.T

	cache receipts.Cache
	// keys returns how many receipts are kept.
	keys func() int
	// pass lets time go by.
	pass func(time.Duration)
}

func setupRedis(t *testing.T) setup {
	t.Helper()
	client := connect(t, redistest.Start(t))
	return setup{
		T:     t,
		cache: receipts.NewRedis(client),
		keys: func() int {
			n, err := client.DBSize(t.Context()).Result()
			require.NoError(t, err)
			return int(n)
		},
		pass: func(by time.Duration) {
			// A real server's clock cannot be set: shorten what is left instead.
			keys, err := client.Keys(t.Context(), "*").Result()
			require.NoError(t, err)
			for _, key := range keys {
				left, err := client.PTTL(t.Context(), key).Result()
				require.NoError(t, err)
				require.NoError(t, client.PExpire(t.Context(), key, left-by).Err())
			}
		},
	}
}

func setupMemory(t *testing.T) setup {
	t.Helper()
	var now atomic.Int64
	now.Store(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	memory, err := receipts.NewMemory(func() time.Time { return time.Unix(0, now.Load()) })
	require.NoError(t, err)
	t.Cleanup(memory.Close)
	return setup{
		T:     t,
		cache: memory,
		keys:  memory.Len,
		pass:  func(by time.Duration) { now.Add(int64(by)) },
	}
}

func connect(t *testing.T, server *redistest.Server) *redis.Client {
	t.Helper()
	client, err := redisdb.Connect(redisdb.Options{Host: server.Host(), Port: server.Port()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// sentAt is finer than a receipt, and not in UTC.
func sentAt() time.Time {
	return time.Date(2026, 3, 4, 5, 6, 7, 89_123_456, time.FixedZone("TRT", 3*60*60))
}

func TestCache(t *testing.T) {
	t.Parallel()
	tests := map[string]func(s setup){
		"keeps a receipt for 24 hours": func(s setup) {
			require.NoError(s, s.cache.Put(s.Context(), []receipts.Receipt{{MessageID: "m-1", SentAt: sentAt()}}))
			s.pass(24*time.Hour - time.Minute)
			got, err := s.cache.Get(s.Context(), "m-1")
			require.NoError(s, err)
			require.Equal(s, receipts.Receipt{MessageID: "m-1", SentAt: sentAt().UTC().Truncate(time.Millisecond)}, got)
			s.pass(2 * time.Minute)
			require.Eventually(s, func() bool {
				_, err := s.cache.Get(s.Context(), "m-1")
				return models.KindOf(err) == models.KindNotFound
			}, 5*time.Second, 5*time.Millisecond)
		},
		"puts many at once": func(s setup) {
			require.NoError(s, s.cache.Put(s.Context(), []receipts.Receipt{
				{MessageID: "m-1", SentAt: sentAt()}, {MessageID: "m-2", SentAt: sentAt().Add(time.Hour)},
			}))
			got, err := s.cache.Get(s.Context(), "m-2")
			require.NoError(s, err)
			require.WithinDuration(s, sentAt().Add(time.Hour), got.SentAt, time.Millisecond)
			require.Equal(s, 2, s.keys())
		},
		"puts nothing": func(s setup) {
			require.NoError(s, s.cache.Put(s.Context(), nil))
			require.Equal(s, 0, s.keys())
		},
		"makes no key of an empty id": func(s setup) {
			require.NoError(s, s.cache.Put(s.Context(), []receipts.Receipt{{SentAt: sentAt()}}))
			require.NoError(s, s.cache.Put(s.Context(), []receipts.Receipt{{SentAt: sentAt()}, {MessageID: "m-1", SentAt: sentAt()}}))
			require.Equal(s, 1, s.keys())
			_, err := s.cache.Get(s.Context(), "")
			require.Equal(s, models.KindNotFound, models.KindOf(err))
		},
		"replaces a receipt": func(s setup) {
			require.NoError(s, s.cache.Put(s.Context(), []receipts.Receipt{{MessageID: "m-1", SentAt: sentAt()}}))
			require.NoError(s, s.cache.Put(s.Context(), []receipts.Receipt{{MessageID: "m-1", SentAt: sentAt().Add(time.Second)}}))
			got, err := s.cache.Get(s.Context(), "m-1")
			require.NoError(s, err)
			require.WithinDuration(s, sentAt().Add(time.Second), got.SentAt, time.Millisecond)
		},
		"knows nothing of other ids": func(s setup) {
			_, err := s.cache.Get(s.Context(), "m-1")
			require.Equal(s, models.KindNotFound, models.KindOf(err))
		},
		"takes any id": func(s setup) {
			for _, id := range []string{"a b\r\nDEL x", "*", strings.Repeat("x", 5000), "\xff\x00", "ş"} {
				require.NoError(s, s.cache.Put(s.Context(), []receipts.Receipt{{MessageID: id, SentAt: sentAt()}}))
				got, err := s.cache.Get(s.Context(), id)
				require.NoError(s, err)
				require.Equal(s, id, got.MessageID)
			}
			require.Equal(s, 5, s.keys())
		},
	}
	for implementation, start := range map[string]func(*testing.T) setup{"redis": setupRedis, "memory": setupMemory} {
		t.Run(implementation, func(t *testing.T) {
			t.Parallel()
			for name, test := range tests {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(start(t))
				})
			}
		})
	}
}

// Other programs read these keys: the form is a promise.
func TestRedis_WritesTheDocumentedForm(t *testing.T) {
	t.Parallel()
	client := connect(t, redistest.Start(t))
	require.NoError(t, receipts.NewRedis(client).Put(t.Context(), []receipts.Receipt{{MessageID: "f3a1", SentAt: sentAt()}}))

	value, err := client.Get(t.Context(), "message_sent:f3a1").Result()
	require.NoError(t, err)
	require.JSONEq(t, `{"message_id":"f3a1","sent_at":"2026-03-04T02:06:07.089Z"}`, value)
	left, err := client.TTL(t.Context(), "message_sent:f3a1").Result()
	require.NoError(t, err)
	require.InDelta(t, 24*time.Hour, left, float64(time.Minute))
}

func TestRedis_TellsABrokenReceiptFromAMissingOne(t *testing.T) {
	t.Parallel()
	client := connect(t, redistest.Start(t))
	for _, value := range []string{"", "no JSON", `{"sent_at":"yesterday"}`, `[]`} {
		require.NoError(t, client.Set(t.Context(), "message_sent:m-1", value, 0).Err())
		_, err := receipts.NewRedis(client).Get(t.Context(), "m-1")
		require.Equal(t, models.KindUnavailable, models.KindOf(err), value)
	}
}

func TestMemory_IsBounded(t *testing.T) {
	t.Parallel()
	memory, err := receipts.NewMemory(sentAt)
	require.NoError(t, err)
	t.Cleanup(memory.Close)
	batch := make([]receipts.Receipt, 1000)
	for i := range 80 {
		for j := range batch {
			batch[j] = receipts.Receipt{MessageID: strings.Repeat("x", 50) + string(rune(1000+i)) + string(rune(1000+j)), SentAt: sentAt()}
		}
		require.NoError(t, memory.Put(t.Context(), batch))
	}
	// 80,000 went in; 8 MiB are room for about 38,000.
	require.Eventually(t, func() bool { return memory.Len() < 50_000 }, 10*time.Second, 10*time.Millisecond)
}
