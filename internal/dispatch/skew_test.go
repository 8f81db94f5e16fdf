package dispatch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// What holds when the clocks of replicas differ, and by what rule.
//
// Windows and due times are told in the store's time, so the pace is shared by
// those replicas whose Store.Now agree. mongostore makes them agree whatever the
// machines' clocks say: it measures how far the server's clock is from the machine's.
// sqlitestore's time is the machine's clock, and the replicas that share its file
// share the machine; were their clocks to differ all the same, the pace would not
// hold – but nothing is sent twice for it, because no claim is ended, and none is made,
// by what any wall clock says.

// fleet is three replicas over one store.
type fleet struct {
	*scene
	replicas []*replica
}

// newFleet makes one replica for each pair of clocks. An attempt takes most of the
// time that it may.
func newFleet(t *testing.T, pace models.Pace, storeTime, machine []func() time.Time) *fleet {
	t.Helper()
	f := &fleet{scene: newScene(t, func(_ context.Context, id string, _ int) webhook.Reply {
		time.Sleep(attemptTimeout - time.Second) //nolint:forbidigo // virtual time
		return accepted(id)
	})}
	writes := new(atomic.Int64)
	for i := range storeTime {
		r := f.replicaOn(storeTime[i], pace, func(o *dispatch.Options) {
			store, ok := o.Store.(*sqlitestore.Store)
			require.True(t, ok)
			o.Store, o.Now = &calmStore{Store: store, writes: writes}, machine[i]
		})
		r.Start()
		t.Cleanup(func() { r.end(t) })
		f.replicas = append(f.replicas, r)
	}
	return f
}

// off returns clocks that are off by so much.
func off(by ...time.Duration) []func() time.Time {
	var clocks []func() time.Time
	for _, skew := range by {
		clocks = append(clocks, func() time.Time { return now().Add(skew) })
	}
	return clocks
}

// backlog accepts n messages that are due by every clock.
func (f *fleet) backlog(n int) {
	f.t.Helper()
	made := make([]models.Message, n)
	for i := range made {
		made[i] = models.Message{
			ID: models.ID{Text: fmt.Sprintf("m-%04d", i)}, To: "+905551111111", Content: "hi",
			Priority: models.PriorityNormal, CreatedAt: now().Add(-time.Hour + time.Duration(i)*time.Millisecond),
		}
	}
	require.NoError(f.t, f.replicas[0].store.Accept(f.t.Context(), made...))
}

// requireOnce demands that each message that went out did so once, and that nobody
// took a claim from another.
func (f *fleet) requireOnce() {
	f.t.Helper()
	_, _, err := f.replicas[0].Scheduler().Stop(f.t.Context(), "test", "")
	require.NoError(f.t, err)
	pause(attemptTimeout)
	for id, n := range f.hook.count {
		require.Equal(f.t, 1, n, "%s was sent more than once", id)
		message := f.replicas[0].message(f.t, id)
		require.Equal(f.t, models.StatusSent, message.Status)
		require.Len(f.t, message.Attempts, 1)
		require.Zero(f.t, message.RetryCount, "%s was rescued while it was being sent", id)
	}
}

// perInterval counts the attempts by interval since the start. One that was a few
// milliseconds early belongs to the interval that it was for.
func (f *fleet) perInterval(started time.Time, pace models.Pace) map[int]int {
	f.t.Helper()
	attempts := map[int]int{}
	for _, c := range f.hook.seen() {
		since := c.at.Sub(started) + 50*time.Millisecond
		attempts[int(since/pace.Interval)]++
		require.Less(f.t, since%pace.Interval, late+50*time.Millisecond, "in the phase of the start")
	}
	return attempts
}

func TestVirtualTime_ReplicasWhoseMachinesDisagreeByTenMinutesShareOnePaceByTheStoresTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		whole := lasting(24 * time.Hour).Truncate(time.Hour)
		f := newFleet(t, byDefault(), off(0, 0, 0), off(-10*time.Minute, 0, 10*time.Minute))
		f.backlog(2000)
		started := now()
		f.replicas[2].start(t)
		pause(whole - time.Minute)
		attempts := f.perInterval(started, byDefault())
		require.Len(t, attempts, int(whole/byDefault().Interval), "no window was missed")
		for window, n := range attempts {
			require.Equal(t, 2, n, "window %d", window)
		}
		f.requireOnce()
	})
}

func TestVirtualTime_StoreTimesThatAreWrongByMillisecondsOpenNoWindowTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		whole := lasting(24 * time.Hour).Truncate(time.Hour)
		ms := time.Millisecond
		// Half a round trip, which is what mongostore's measuring may be wrong by.
		f := newFleet(t, byDefault(), off(-20*ms, 0, 20*ms), off(-10*time.Minute, 0, 10*time.Minute))
		f.backlog(2000)
		started := now()
		f.replicas[0].start(t)
		// Clients come and wake one replica or another, so that they look at any moment.
		dice := rand.New(rand.NewPCG(1, 20261123)) //nolint:gosec // repeatable
		for now().Sub(started) < whole-time.Minute {
			pause(time.Duration(dice.Int64N(int64(20 * time.Second))))
			f.replicas[dice.IntN(len(f.replicas))].Scheduler().Wake()
		}
		attempts := f.perInterval(started, byDefault())
		require.Len(t, attempts, int(whole/byDefault().Interval), "no window was missed")
		for window, n := range attempts {
			require.Equal(t, 2, n, "window %d", window)
		}
		f.requireOnce()
	})
}

func TestVirtualTime_StoreTimesThatAreWrongByTenMinutesSendNothingTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		skewed := off(-10*time.Minute, 0, 10*time.Minute)
		f := newFleet(t, byDefault(), skewed, skewed)
		f.backlog(2000)
		f.replicas[1].start(t)
		pause(lasting(16 * time.Minute))
		require.NotEmpty(t, f.hook.seen())
		f.requireOnce()
	})
}
