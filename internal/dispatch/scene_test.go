package dispatch_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

const (
	attemptTimeout = 30 * time.Second
	lease          = attemptTimeout + 5*time.Second
)

// call is one attempt as the webhook saw it.
type call struct {
	id string
	at time.Time
}

// hook is a webhook whose answers a test gives.
type hook struct {
	answer func(ctx context.Context, id string, attempt int) webhook.Reply

	mu    sync.Mutex
	calls []call
	count map[string]int
}

func (h *hook) Send(ctx context.Context, request webhook.Request) webhook.Reply {
	if !request.Begin() {
		return webhook.Reply{Verdict: webhook.NotBegun}
	}
	h.mu.Lock()
	h.calls = append(h.calls, call{request.ID, now()})
	if h.count == nil {
		h.count = map[string]int{}
	}
	h.count[request.ID]++
	attempt := h.count[request.ID]
	h.mu.Unlock()
	if h.answer == nil {
		return accepted(request.ID)
	}
	return h.answer(ctx, request.ID, attempt)
}

func (h *hook) seen() []call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]call(nil), h.calls...)
}

// attempts returns how many there were, by message.
func (h *hook) attempts() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.count)
}

func accepted(id string) webhook.Reply {
	return webhook.Reply{Verdict: webhook.Accepted, StatusCode: 202, MessageID: "provider-" + id}
}

func busy() webhook.Reply {
	return webhook.Reply{Verdict: webhook.Retry, StatusCode: 503, Code: "http_503", Reason: "webhook answered 503"}
}

// receipts remembers what it is told.
type receipts struct {
	mu  sync.Mutex
	got map[string]time.Time
}

func (r *receipts) Sent(messageID string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.got == nil {
		r.got = map[string]time.Time{}
	}
	r.got[messageID] = at
}

// scene is one data directory, and the replicas that work on it.
type scene struct {
	t    *testing.T
	dir  string
	hook *hook
}

func newScene(t *testing.T, answer func(ctx context.Context, id string, attempt int) webhook.Reply) *scene {
	t.Helper()
	return &scene{t: t, dir: t.TempDir(), hook: &hook{answer: answer}}
}

// replica is one process, as far as it matters here.
type replica struct {
	*dispatch.Dispatcher
	store    *sqlitestore.Store
	receipts *receipts
}

func (s *scene) replica(pace models.Pace, change func(*dispatch.Options)) *replica {
	s.t.Helper()
	return s.replicaOn(now, pace, change)
}

// replicaOn returns a replica whose store tells the time of storeTime.
func (s *scene) replicaOn(storeTime func() time.Time, pace models.Pace, change func(*dispatch.Options)) *replica {
	s.t.Helper()
	log := logrus.New()
	log.SetOutput(io.Discard)
	store, err := sqlitestore.Open(s.t.Context(), sqlitestore.Options{Dir: s.dir, Now: storeTime, NewID: uuid.NewString, Log: log})
	require.NoError(s.t, err)
	require.NoError(s.t, store.Configure(s.t.Context(), pace))
	got := new(receipts)
	options := dispatch.Options{
		Store: store, Sender: s.hook, Receipts: got, Log: log,
		Inspect: func(to, _ string) (models.Inspected, error) { return models.Inspected{To: to}, nil },
		Replica: uuid.NewString(), AttemptTimeout: attemptTimeout, Lease: lease,
		MaxInFlight: 64, MaxAttempts: 3, NewID: uuid.NewString, Now: now,
	}
	if change != nil {
		change(&options)
	}
	dispatcher, err := dispatch.New(options)
	require.NoError(s.t, err)
	return &replica{dispatcher, store, got}
}

func (r *replica) accept(t *testing.T, n int) {
	t.Helper()
	created := now()
	made := make([]models.Message, n)
	for i := range made {
		made[i] = models.Message{
			ID: models.ID{Text: fmt.Sprintf("m-%04d", i)}, To: "+905551111111", Content: "hi",
			Priority: models.PriorityNormal, CreatedAt: created.Add(time.Duration(i) * time.Millisecond),
		}
	}
	for batch := range slices.Chunk(made, 1000) {
		require.NoError(t, r.store.Accept(t.Context(), batch...))
	}
}

func (r *replica) start(t *testing.T) {
	t.Helper()
	_, err := r.Scheduler().Start(t.Context(), "test", "")
	require.NoError(t, err)
}

func (r *replica) end(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), lease)
	defer cancel()
	require.NoError(t, r.Drain(ctx))
	require.NoError(t, r.store.Close())
}

func (r *replica) message(t *testing.T, id string) models.Message {
	t.Helper()
	message, err := r.store.Message(t.Context(), id)
	require.NoError(t, err)
	return message
}

// now is the clock of the bubble where there is one.
func now() time.Time { return time.Now() } //nolint:forbidigo // the one place

func uncapped() models.Pace { return models.Pace{Interval: 2 * time.Minute} }

func pause(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // virtual time
	synctest.Wait()
}
