package dispatch_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// listener hears events.
type listener struct {
	deaf atomic.Bool
	gaps atomic.Int64

	mu    sync.Mutex
	heard []models.Event
}

func (l *listener) Wanted() bool { return !l.deaf.Load() }

func (l *listener) Lose() { l.gaps.Add(1) }

func (l *listener) Publish(happened ...models.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, happened...)
}

// of returns what was heard of one message, or of the scheduler, in its order.
func (l *listener) of(id string) (types []models.EventType) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, event := range l.heard {
		if event.ID == id {
			types = append(types, event.Type)
		}
	}
	return types
}

// slowToConnect is a webhook that takes a second before the first byte can leave.
type slowToConnect struct {
	*hook
	held atomic.Int64
}

func (s *slowToConnect) Send(ctx context.Context, request webhook.Request) webhook.Reply {
	time.Sleep(time.Second) //nolint:forbidigo // virtual time
	reply := s.hook.Send(ctx, request)
	if reply.Verdict == webhook.NotBegun {
		s.held.Add(1)
	}
	return reply
}

func TestEvents_TellWhatBecameOfEachMessageOnceItIsDurable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		heard := new(listener)
		s := newScene(t, func(_ context.Context, id string, attempt int) webhook.Reply {
			switch {
			case id == "refused":
				return webhook.Reply{Verdict: webhook.Refused, StatusCode: 400, Code: "http_400", Reason: "webhook answered 400"}
			case id == "retried" && attempt == 1:
				return busy()
			}
			return accepted(id)
		})
		r := s.replica(uncapped(), func(o *dispatch.Options) { o.Events = heard })
		r.Start()
		defer r.end(t)
		r.acceptAt(t, "expired", now(), time.Millisecond)
		pause(time.Second)
		r.start(t)
		for _, id := range []string{"refused", "retried"} {
			r.acceptAt(t, id, now(), 0)
		}
		r.acceptAt(t, "later", now().Add(time.Second), 0)
		pause(10 * time.Second)
		_, err := r.Scheduler().SetPace(t.Context(), byDefault(), "test", "slower")
		require.NoError(t, err)
		_, _, err = r.Scheduler().Stop(t.Context(), "test", "")
		require.NoError(t, err)

		require.Equal(t, []models.EventType{models.EventExpired}, heard.of("expired"))
		require.Equal(t, []models.EventType{models.EventFailed}, heard.of("refused"))
		require.Equal(t, []models.EventType{models.EventPostponed, models.EventSent}, heard.of("retried"))
		require.Equal(t, []models.EventType{models.EventDue, models.EventSent}, heard.of("later"))
		entries, _, err := r.store.SchedulerLogs(t.Context(), 0, 10)
		require.NoError(t, err)
		require.Len(t, entries, 3)
		for i, expected := range []models.EventType{models.EventStopped, models.EventPaceChanged, models.EventStarted} {
			require.Equal(t, []models.EventType{expected}, heard.of(entries[i].ID))
		}
		statuses := map[models.EventType]models.Status{
			models.EventExpired: models.StatusExpired, models.EventFailed: models.StatusFailed, models.EventPostponed: models.StatusPending,
			models.EventDue: models.StatusPending, models.EventSent: models.StatusSent,
		}
		for _, event := range heard.heard {
			require.Equal(t, statuses[event.Type], event.Status, event.Type)
			require.False(t, event.At.IsZero())
		}
	})
}

func TestEvents_AreNotMadeWhereNobodyListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		heard := new(listener)
		heard.deaf.Store(true)
		s := newScene(t, nil)
		r := s.replica(uncapped(), func(o *dispatch.Options) { o.Events = heard })
		r.accept(t, 10)
		r.Start()
		defer r.end(t)
		r.start(t)
		pause(time.Second)
		require.Len(t, s.hook.seen(), 10)
		require.Empty(t, heard.heard)
	})
}

func TestSetPace_EveryReplicaFollowsWithinASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, nil)
		slow := models.Pace{Interval: time.Hour, PerWindow: 1}
		a, b := s.replica(slow, nil), s.replica(slow, nil)
		a.accept(t, 100)
		a.Start()
		b.Start()
		defer a.end(t)
		defer b.end(t)
		a.start(t)
		pause(10*time.Minute + 300*time.Millisecond)
		require.Len(t, s.hook.seen(), 1)
		a.Scheduler().Close() // so that it is for the other to follow
		state, err := a.Scheduler().SetPace(t.Context(), models.Pace{Interval: time.Second, PerWindow: 2}, "test", "faster")
		require.NoError(t, err)
		require.LessOrEqual(t, state.NextWindowAt.Sub(now()), time.Second)
		changed := now()
		pause(10 * time.Second)
		require.Len(t, s.hook.seen(), 1+2*10)
		require.Less(t, s.hook.seen()[1].at.Sub(changed), time.Second+late)

		_, err = a.Scheduler().SetPace(t.Context(), slow, "test", "slower")
		require.NoError(t, err)
		sent := len(s.hook.seen())
		pause(10 * time.Minute)
		require.LessOrEqual(t, len(s.hook.seen()), sent+1, "one window at the most may have been near")
	})
}

func TestState_TheNextWindowIsNeverInThePastWhileTheBreakerIsOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, (&outage{reply: status(500)}).answer)
		r := s.replica(models.Pace{Interval: time.Second, PerWindow: 10}, nil)
		r.accept(t, 50)
		r.Start()
		defer r.end(t)
		r.start(t)
		for range 60 {
			pause(777 * time.Millisecond)
			state, err := r.Scheduler().State(t.Context())
			require.NoError(t, err)
			require.False(t, state.NextWindowAt.Before(r.store.Now()), "next at %s, now %s", state.NextWindowAt, r.store.Now())
			if health := r.Webhook(); !health.RetryAt.IsZero() {
				require.False(t, state.NextWindowAt.Before(health.RetryAt.Truncate(time.Millisecond)))
			}
		}
		require.Equal(t, models.WebhookOpen, r.Webhook().State)
	})
}
