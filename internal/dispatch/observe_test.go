package dispatch_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// tally counts all that it is told, by a word for each.
type tally struct {
	mu    sync.Mutex
	count map[string]int
}

func (c *tally) add(what string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count == nil {
		c.count = map[string]int{}
	}
	if n > 0 {
		c.count[what] += n
	}
}

func (c *tally) counted() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.count)
}

func (c *tally) Claimed(claiming dispatch.Claiming) {
	c.add("claimed", claiming.Claimed)
	c.add("missed", claiming.WindowsMissed)
	if claiming.WindowOpened {
		c.add("opened", 1)
	}
}

func (c *tally) Attempted(attempt dispatch.Attempted) {
	c.add("attempt "+attempt.Outcome.String()+" "+attempt.Cause.String(), 1)
}

func (c *tally) Recorded(recording dispatch.Recording) {
	c.add("sent", recording.Sent)
	c.add("failed", recording.Failed)
	c.add("postponed", recording.Retry)
	c.add("fenced", recording.Fenced)
}

func (c *tally) Moved(how dispatch.Movement, n int) {
	c.add(map[dispatch.Movement]string{
		dispatch.MovedAdopted: "adopted", dispatch.MovedRefused: "refused", dispatch.MovedExpired: "expired",
		dispatch.MovedRescued: "rescued", dispatch.MovedErased: "erased",
	}[how], n)
}

func (c *tally) StoreFailed(operation dispatch.Operation) { c.add("store "+operation.String(), 1) }

func observedBy(counts *tally) func(*dispatch.Options) {
	return func(o *dispatch.Options) { o.Observer = counts }
}

func TestObserver_IsToldOfEveryAttemptAndItsRecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(_ context.Context, id string, attempt int) webhook.Reply {
			switch {
			case id == "m-0001":
				return webhook.Reply{Verdict: webhook.Refused, StatusCode: 400, Cause: webhook.Cause4xx, Code: "http_400"}
			case id == "m-0002" && attempt == 1:
				return webhook.Reply{Verdict: webhook.Retry, StatusCode: 500, Cause: webhook.Cause5xx, Code: "http_500"}
			}
			reply := accepted(id)
			reply.Cause = webhook.Cause2xx
			return reply
		})
		counts := new(tally)
		r := s.replica(models.Pace{Interval: 2 * time.Minute, PerWindow: 2}, observedBy(counts))
		r.accept(t, 5)
		r.start(t)
		r.Start()
		pause(9 * time.Minute)
		require.Equal(t, map[string]int{
			"claimed": 6, "opened": 5, "sent": 4, "failed": 1, "postponed": 1,
			"attempt sent 2xx": 4, "attempt failed 4xx": 1, "attempt retry 5xx": 1,
		}, counts.counted())
		r.end(t)
	})
}

func TestObserver_IsToldOfWindowsThatNobodyOpened(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, nil)
		counts := new(tally)
		r := s.replica(models.Pace{Interval: 2 * time.Minute, PerWindow: 2}, nil)
		r.start(t)
		r.Start()
		pause(time.Second)
		r.end(t)
		pause(11 * time.Minute) // the windows of minutes 2, 4, 6, 8 and 10
		r = s.replica(models.Pace{Interval: 2 * time.Minute, PerWindow: 2}, observedBy(counts))
		r.Start()
		pause(2 * time.Minute)
		require.Equal(t, map[string]int{"opened": 2, "missed": 4}, counts.counted(), "that of minute 10 was late, and not missed")
		r.end(t)
	})
}

// away is a store that does nothing it is asked by the pipeline.
type away struct{ dispatch.Store }

var errAway = models.Unavailable("the store is away", errors.New("connection refused"))

func (away) Claim(context.Context, dataoperations.ClaimRequest) (dataoperations.ClaimResult, error) {
	return dataoperations.ClaimResult{}, errAway
}

func (away) Claims(context.Context, int) ([]models.Claim, error) { return nil, errAway }

func TestObserver_IsToldWhatTheStoreDidNotDoButNotOfAnEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, nil)
		counts := new(tally)
		r := s.replica(uncapped(), func(o *dispatch.Options) {
			o.Observer, o.Store = counts, away{o.Store}
		})
		_, err := r.store.Start(t.Context(), models.SchedulerLog{ID: "start", Action: models.ActionStart})
		require.NoError(t, err)
		r.Start()
		pause(10*time.Second + time.Millisecond)
		counted := counts.counted()
		require.Greater(t, counted["store claim"], 30)
		require.Equal(t, 11, counted["store rescue"])
		require.Len(t, counted, 2)
		r.end(t)
		require.Equal(t, counted, counts.counted())
	})
}

func TestObserver_IsToldOfRescuesAndExpiries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, nil)
		counts := new(tally)
		r := s.replica(uncapped(), observedBy(counts))
		r.accept(t, 3)
		pause(time.Second)
		r.start(t)
		result, err := r.store.Claim(t.Context(), dataoperations.ClaimRequest{Owner: "somebody", Lease: lease, Max: 2})
		require.NoError(t, err)
		require.Len(t, result.Claimed, 2)
		_, _, err = r.Scheduler().Stop(t.Context(), "test", "")
		require.NoError(t, err)
		require.NoError(t, r.store.Accept(t.Context(), models.Message{
			ID: models.ID{Text: "short"}, To: "+905551111111", Content: "hi", CreatedAt: now(), ExpiresAt: now().Add(time.Second),
		}))
		r.Start()
		pause(lease + 5*time.Second)
		require.Equal(t, map[string]int{"rescued": 2, "expired": 1}, counts.counted())
		r.end(t)
	})
}
