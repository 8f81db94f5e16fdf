package dispatch_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
)

// byDefault is the pace of the default settings.
func byDefault() models.Pace { return models.Pace{Interval: 2 * time.Minute, PerWindow: 2} }

// late is how much later than its moment an attempt may begin here: a poll.
const late = 300 * time.Millisecond

// lasting is how long of virtual time: under the race detector, which every run has
// on in CI, a tenth of it, to keep that short.
//
//	go test -run VirtualTime ./internal/dispatch     the whole of it
func lasting(whole time.Duration) time.Duration {
	if raced {
		return whole / 10
	}
	return whole
}

// days is one replica that lives through days of virtual time, and the almanac
// that says what it must do.
type days struct {
	*replica
	t       *testing.T
	scene   *scene
	store   *calmStore
	dice    *rand.Rand
	almanac *almanac
	ahead   atomic.Int64 // how far the wall clock was set, as a time.Duration
	began   time.Time
	next    int
	starts  int
	breaks  []time.Time // starts, and settings of the clock
}

func newDays(t *testing.T, seed uint64) *days {
	t.Helper()
	d := &days{
		t: t, scene: newScene(t, nil), dice: rand.New(rand.NewPCG(seed, 20261123)), //nolint:gosec // repeatable
		almanac: newAlmanac(byDefault(), now()), began: now(),
	}
	wall := func() time.Time { return now().Add(time.Duration(d.ahead.Load())) }
	d.replica = d.scene.replicaOn(wall, byDefault(), func(o *dispatch.Options) {
		store, ok := o.Store.(*sqlitestore.Store)
		require.True(t, ok)
		d.store = &calmStore{Store: store, writes: new(atomic.Int64)}
		o.Store = d.store
	})
	d.Start()
	t.Cleanup(func() { d.end(t) })
	return d
}

// wait lets up to longest pass, and a little more where the next thing to happen
// would meet a window: which of the two comes first is not what this is about.
func (d *days) wait(longest time.Duration) {
	pause(time.Duration(d.dice.Int64N(int64(longest))))
	for d.almanac.pass(now()); d.almanac.nearWindow(); d.almanac.pass(now()) {
		pause(time.Second)
	}
}

func (d *days) accept(n int) {
	d.t.Helper()
	var made []models.Message
	for range n {
		d.next++
		id := fmt.Sprintf("m-%05d", d.next)
		made = append(made, models.Message{
			ID: models.ID{Text: id}, To: "+905551111111", Content: "hi", Priority: models.PriorityNormal,
			// Long ago, in their order: the wall clock, which is set, must not say who is first.
			CreatedAt: d.began.Add(-30*24*time.Hour + time.Duration(d.next)*time.Millisecond),
		})
		d.almanac.accept(id)
	}
	require.NoError(d.t, d.store.Accept(d.t.Context(), made...))
}

func (d *days) startOrStop() {
	d.t.Helper()
	if d.almanac.running {
		_, _, err := d.Scheduler().Stop(d.t.Context(), "test", "")
		require.NoError(d.t, err)
		d.almanac.stop()
		return
	}
	_, err := d.Scheduler().Start(d.t.Context(), "test", "")
	require.NoError(d.t, err)
	d.almanac.start()
	d.starts++
	d.breaks = append(d.breaks, now())
}

// setClock sets the wall clock, as a suspended machine finds it when it wakes, or
// as a person or NTP sets it. The monotonic clock goes on as it was.
func (d *days) setClock(by time.Duration) {
	if d.almanac.setNear(by) {
		by -= 2 * time.Second
	}
	d.ahead.Add(int64(by))
	d.almanac.set(by)
	d.breaks = append(d.breaks, now())
}

// requireKept demands that each message went out once, when the almanac says, and that the
// audit trail has every start and stop in pairs.
func (d *days) requireKept() {
	d.t.Helper()
	pause(time.Second)
	d.almanac.pass(now())
	d.requirePairs()
	seen := map[string]bool{}
	for _, call := range d.scene.hook.seen() {
		require.False(d.t, seen[call.id], "%s was sent twice", call.id)
		seen[call.id] = true
		due, ok := d.almanac.due[call.id]
		require.True(d.t, ok, "%s was sent at %s, too early", call.id, call.at)
		require.True(d.t, !call.at.Before(due) && call.at.Sub(due) < late, "%s was sent at %s, must be at %s", call.id, call.at, due)
	}
	require.Len(d.t, seen, len(d.almanac.due), "some that were due were not sent")
	d.requirePace()
}

// requirePace demands that no window gave more attempts than the cap, and that
// two of them are closer than one interval only where a start or a setting of the
// clock came between, so that such a moment costs one window more at most.
func (d *days) requirePace() {
	d.t.Helper()
	perWindow := map[int]int{}
	for _, call := range d.scene.hook.seen() {
		perWindow[sort.Search(len(d.almanac.windows), func(i int) bool { return d.almanac.windows[i].After(call.at.Add(time.Millisecond)) })]++
	}
	for window, n := range perWindow {
		require.LessOrEqual(d.t, n, byDefault().PerWindow, "window %d", window)
	}
	for i, opened := range d.almanac.windows[1:] {
		before := d.almanac.windows[i]
		broken := slices.ContainsFunc(d.breaks, func(at time.Time) bool { return !at.Before(before) && !at.After(opened) })
		require.True(d.t, broken || opened.Sub(before) == byDefault().Interval, "windows at %s and %s", before, opened)
	}
}

// requirePairs demands that the audit trail has every start, and for each its stop
// and no other, except for a last one that is not yet stopped.
func (d *days) requirePairs() {
	d.t.Helper()
	entries, _, err := d.store.SchedulerLogs(d.t.Context(), 0, 10_000)
	require.NoError(d.t, err)
	starts, stopped := map[string]bool{}, map[string]bool{}
	for _, entry := range entries {
		if entry.Action == models.ActionStart {
			starts[entry.ID] = true
			continue
		}
		require.False(d.t, stopped[entry.StartID], "stopped twice")
		stopped[entry.StartID] = true
	}
	require.Len(d.t, starts, d.starts)
	for id := range stopped {
		require.True(d.t, starts[id], "a stop without its start")
	}
	open := 0
	if d.almanac.running {
		open = 1
	}
	require.Len(d.t, entries, 2*d.starts-open)
}

func TestVirtualTime_DaysGoByTheWindowsAndNeverDrift(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDays(t, 1)
		pause(47*time.Second + 300*time.Millisecond) // no round time: the phase is the start's
		d.almanac.pass(now())
		d.startOrStop()
		for now().Sub(d.began) < lasting(3*24*time.Hour) {
			d.wait(40 * time.Minute)
			d.accept(1 + d.dice.IntN(30)) // now and then more than the pace can take, mostly less
		}
		pause(2 * time.Hour)
		d.requireKept()
		require.Greater(t, len(d.almanac.windows), int(lasting(3*24*time.Hour)/(2*time.Minute)))
		require.Greater(t, d.next, int(lasting(3*24*time.Hour)/(4*time.Minute)), "half of the pace")
		require.Empty(t, d.almanac.queue)
		for i, opened := range d.almanac.windows {
			require.Equal(t, time.Duration(i)*2*time.Minute, opened.Sub(d.almanac.windows[0]))
		}
	})
}

func TestVirtualTime_StartsStopsAndClocksSetMakeNoBurstAndMissNoWindow(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprintf("life %d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDays(t, seed)
				d.accept(200) // something always waits
				d.startOrStop()
				for now().Sub(d.began) < lasting(2*24*time.Hour) {
					d.wait(20 * time.Minute)
					switch d.dice.IntN(6) {
					case 0, 1:
						d.startOrStop()
					case 2:
						d.setClock(6*time.Hour + time.Duration(d.dice.Int64N(int64(time.Hour)))) // suspended
					case 3:
						d.setClock(-time.Hour - time.Duration(d.dice.Int64N(int64(time.Minute))))
					default:
						d.accept(d.dice.IntN(40))
					}
				}
				d.requireKept()
				require.NotEmpty(t, d.breaks)
				require.Greater(t, len(d.scene.hook.seen()), 20)
			})
		})
	}
}
