package dispatch_test

import (
	"context"
	"fmt"
	"io"
	"runtime/pprof"
	"strings"
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
	log := logrus.New()
	log.SetOutput(io.Discard)
	store, err := sqlitestore.Open(s.t.Context(), sqlitestore.Options{Dir: s.dir, Now: now, NewID: uuid.NewString, Log: log})
	require.NoError(s.t, err)
	require.NoError(s.t, store.Configure(s.t.Context(), pace))
	got := new(receipts)
	options := dispatch.Options{
		Store: store, Sender: s.hook, Receipts: got, Log: log,
		Inspect: func(to, _ string) (string, error) { return to, nil },
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
	for i := range n {
		require.NoError(t, r.store.Accept(t.Context(), models.Message{
			ID: models.ID{Text: fmt.Sprintf("m-%04d", i)}, To: "+905551111111", Content: "hi",
			Priority: models.PriorityNormal, CreatedAt: created.Add(time.Duration(i) * time.Millisecond),
		}))
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

func TestDispatch_EachMessageGoesOutOnceAndIsRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 300
		s := newScene(t, nil)
		r := s.replica(uncapped(), nil)
		r.accept(t, n)
		r.Start()
		defer r.end(t)
		pause(time.Second)
		require.Empty(t, s.hook.seen(), "not started yet")
		r.start(t)
		pause(10 * time.Second)

		require.Len(t, s.hook.seen(), n)
		require.Len(t, s.hook.count, n)
		for id := range s.hook.count {
			message := r.message(t, id)
			require.Equal(t, models.StatusSent, message.Status)
			require.Equal(t, "provider-"+id, message.MessageID)
			require.Equal(t, 1, message.AttemptCount)
			require.Zero(t, message.RetryCount)
			require.Len(t, message.Attempts, 1)
			require.Contains(t, r.receipts.got, "provider-"+id)
		}
	})
}

func TestDispatch_FailuresAreRepeatedAfterOneAndTwoSecondsThenGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(context.Context, string, int) webhook.Reply { return busy() })
		r := s.replica(models.Pace{Interval: time.Hour, PerWindow: 1}, nil)
		r.accept(t, 1)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(30 * time.Second)

		calls := s.hook.seen()
		require.Len(t, calls, 3, "retries draw nothing from the window")
		between := func(from, to time.Duration, got time.Duration) {
			require.GreaterOrEqual(t, got, from)
			require.LessOrEqual(t, got, to+300*time.Millisecond)
		}
		between(500*time.Millisecond, 1500*time.Millisecond, calls[1].at.Sub(calls[0].at))
		between(time.Second, 3*time.Second, calls[2].at.Sub(calls[1].at))
		message := r.message(t, "m-0000")
		require.Equal(t, models.StatusFailed, message.Status)
		require.Equal(t, "http_503", message.ErrorCode)
		require.Equal(t, 3, message.AttemptCount)
		require.Equal(t, 3, message.RetryCount)
		require.Len(t, message.Attempts, 3)
	})
}

func TestDispatch_ARetryIsStoredAndSurvivesARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(_ context.Context, id string, attempt int) webhook.Reply {
			if attempt == 1 {
				return busy()
			}
			return accepted(id)
		})
		first := s.replica(models.Pace{Interval: time.Hour, PerWindow: 1}, nil)
		first.accept(t, 1)
		first.Start()
		first.start(t)
		pause(100 * time.Millisecond)
		first.end(t)
		require.Len(t, s.hook.seen(), 1)

		second := s.replica(models.Pace{Interval: time.Hour, PerWindow: 1}, nil)
		second.Start()
		defer second.end(t)
		pause(3 * time.Second)
		require.Len(t, s.hook.seen(), 2, "the scheduler still runs, and the retry is due")
		message := second.message(t, "m-0000")
		require.Equal(t, models.StatusSent, message.Status)
		require.Equal(t, 1, message.RetryCount)
	})
}

func TestDispatch_TwoReplicasShareTheBudgetOfAWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const perWindow, windows = 2, 10
		s := newScene(t, nil)
		pace := models.Pace{Interval: 2 * time.Minute, PerWindow: perWindow}
		a, b := s.replica(pace, nil), s.replica(pace, nil)
		a.accept(t, perWindow*windows+5)
		a.Start()
		b.Start()
		defer a.end(t)
		defer b.end(t)
		started := now()
		a.start(t)
		pause(windows*pace.Interval - time.Second)

		perSlot := map[int]int{}
		calls := s.hook.seen()
		for i, c := range calls {
			require.Equal(t, fmt.Sprintf("m-%04d", i/perWindow*perWindow), fmt.Sprintf("m-%04d", number(t, c.id)/perWindow*perWindow), "oldest first")
			since := c.at.Sub(started)
			perSlot[int(since/pace.Interval)]++
			require.Less(t, since%pace.Interval, 300*time.Millisecond, "on the phase of the start")
		}
		require.Len(t, perSlot, windows)
		for slot, n := range perSlot {
			require.Equal(t, perWindow, n, "window %d", slot)
		}
	})
}

func number(t *testing.T, id string) (n int) {
	t.Helper()
	_, err := fmt.Sscanf(id, "m-%d", &n)
	require.NoError(t, err)
	return n
}

func TestDispatch_AKilledReplicasMessageIsSentAgainWithTheSameKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		revive := make(chan struct{})
		s := newScene(t, func(_ context.Context, id string, attempt int) webhook.Reply {
			if attempt == 1 {
				<-revive // killed in mid-send, as far as anybody can see
			}
			return accepted(id)
		})
		killed := s.replica(uncapped(), nil)
		killed.accept(t, 1)
		killed.Start()
		killed.start(t)
		pause(time.Second)
		require.Len(t, s.hook.seen(), 1)

		other := s.replica(uncapped(), nil)
		other.Start()
		defer other.end(t)
		pause(attemptTimeout)
		require.Len(t, s.hook.seen(), 1, "the lease is not over")
		pause(attemptTimeout)
		calls := s.hook.seen()
		require.Len(t, calls, 2)
		require.Equal(t, calls[0].id, calls[1].id)
		message := other.message(t, "m-0000")
		require.Equal(t, models.StatusSent, message.Status)
		require.Equal(t, 2, message.AttemptCount)

		close(revive) // it was only frozen: its outcome comes too late
		killed.end(t)
		require.Equal(t, message, other.message(t, "m-0000"), "a stale outcome changes nothing")
	})
}

func TestDispatch_AnUnknownOutcomeIsHeldWhereThatIsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(context.Context, string, int) webhook.Reply {
			return webhook.Reply{Verdict: webhook.Retry, Unknown: true, Code: models.ErrorCodeTimeout, Reason: "no answer"}
		})
		r := s.replica(uncapped(), func(o *dispatch.Options) { o.Hold = true })
		r.accept(t, 1)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(time.Minute)
		require.Len(t, s.hook.seen(), 1)
		message := r.message(t, "m-0000")
		require.Equal(t, models.StatusFailed, message.Status)
		require.Equal(t, models.ErrorCodeOutcomeUnknown, message.ErrorCode)
	})
}

func TestStop_NoReplicaStartsAnAttemptASecondAfterItsAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(_ context.Context, id string, _ int) webhook.Reply {
			time.Sleep(40 * time.Millisecond) //nolint:forbidigo // virtual time
			return accepted(id)
		})
		few := func(o *dispatch.Options) { o.MaxInFlight = 2 }
		a, b := s.replica(uncapped(), few), s.replica(uncapped(), few)
		a.accept(t, 500)
		a.Start()
		b.Start()
		defer a.end(t)
		defer b.end(t)
		a.start(t)
		pause(time.Second)
		_, inFlight, err := a.Scheduler().Stop(t.Context(), "test", "enough")
		require.NoError(t, err)
		require.LessOrEqual(t, inFlight, 4)
		stopped := now()
		pause(time.Minute)

		calls := s.hook.seen()
		require.Greater(t, len(calls), 20)
		require.Less(t, len(calls), 500)
		for _, c := range calls {
			require.LessOrEqual(t, c.at.Sub(stopped), time.Second)
		}
		claims, err := a.store.Claims(t.Context(), 10)
		require.NoError(t, err)
		require.Empty(t, claims, "what was under way is recorded, what had not begun is given back")
	})
}

func TestStartStop_AThousandTimesLeavesOneLoop(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	r := s.replica(uncapped(), nil)
	r.Start()
	defer r.end(t)
	for range 1000 {
		r.start(t)
		_, _, err := r.Scheduler().Stop(t.Context(), "test", "")
		require.NoError(t, err)
	}
	r.start(t)
	requireOneLoop(t, r)
	_, total, err := r.store.SchedulerLogs(t.Context(), 0, 1)
	require.NoError(t, err)
	require.EqualValues(t, 2001, total)
}

func TestRun_TwiceLeavesOneLoopAndCloseCanBeRepeated(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	r := s.replica(uncapped(), nil)
	r.Start()
	defer r.end(t)
	for range 100 {
		r.Scheduler().Run()
		r.Scheduler().Run()
		requireOneLoop(t, r)
		r.Scheduler().Close()
		r.Scheduler().Close()
	}
}

// requireOneLoop counts the loops of this replica's scheduler among all
// goroutines; a new one may not have begun yet.
func requireOneLoop(t *testing.T, r *replica) {
	t.Helper()
	require.Eventually(t, func() bool { return loopsOf(t, r) > 0 }, 10*time.Second, time.Millisecond)
	require.Equal(t, 1, loopsOf(t, r))
}

func loopsOf(t *testing.T, r *replica) int {
	t.Helper()
	var stacks strings.Builder
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&stacks, 2))
	return strings.Count(stacks.String(), fmt.Sprintf("(*Scheduler).follow(%p,", r.Scheduler()))
}

func TestDrain_WhatIsUnderWayEndsAndIsRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(_ context.Context, id string, _ int) webhook.Reply {
			time.Sleep(20 * time.Second) //nolint:forbidigo // virtual time
			return accepted(id)
		})
		r := s.replica(uncapped(), func(o *dispatch.Options) { o.MaxInFlight = 5 })
		r.accept(t, 20)
		r.Start()
		r.start(t)
		pause(time.Second)
		r.end(t)
		require.Len(t, s.hook.seen(), 5)

		after := s.replica(uncapped(), nil)
		defer func() { require.NoError(t, after.store.Close()) }()
		counts, err := after.store.Counts(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 5, counts[models.StatusSent])
		require.EqualValues(t, 15, counts[models.StatusPending])
		require.Zero(t, counts[models.StatusSending])
	})
}

func TestNew_NamesEverythingThatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := dispatch.New(dispatch.Options{Lease: -1})
	for _, name := range []string{
		"Store", "Sender", "Receipts", "Inspect", "Log", "Replica", "AttemptTimeout", "Lease, longer than AttemptTimeout by a second,", "MaxInFlight", "MaxAttempts", "NewID", "Now",
	} {
		require.ErrorContains(t, err, name+" is required")
	}
}
