package mongostore_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/wireproxy"
)

// impatience is what a store in a trial carries on for when its caller has gone.
const impatience = time.Second

// Every kind of write, whatever becomes of its command: the reply is lost, the
// connection is cut before it, the server is no primary any more, or it is so late
// that its caller has made the call again before it is executed.
func TestEveryWrite_WhateverBecomesOfItsCommand(t *testing.T) {
	t.Parallel()
	for name, write := range everyWrite() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newTrial(t)
			for _, fault := range []struct {
				name   string
				effect wireproxy.Fault
			}{
				{"reply lost", wireproxy.Fault{Effect: wireproxy.LoseReply}},
				{"cut", wireproxy.Fault{Effect: wireproxy.Cut}},
				{"no primary", wireproxy.NotWritablePrimary()},
				{"late", wireproxy.Fault{Hold: wireproxy.NewHold()}},
			} {
				// One after the other on the same data: what one leaves must not hurt the next.
				require.True(t, t.Run(fault.name, func(t *testing.T) { m.suffer(t, write, fault.effect) }))
			}
		})
	}
}

// trial is a stage, and what has to come out right on it.
type trial struct {
	*stage
	live     []models.Claimed // what a claim has returned: attempts that would be under way
	all      []models.ID
	expected map[models.ID]models.Status // where it is not sent
	firsts   map[int64]int               // by window: first attempts that somebody was allowed
	entries  int
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	s := newStage(t)
	behind := connect(t, through(t, s.uri, s.proxy.Addr()), s.database.Name())
	o := options(behind, s.clock.Now)
	o.Timeout = impatience
	s.store = s.open(t, o)
	s.run(t, perWindow)
	return &trial{stage: s, expected: map[models.ID]models.Status{}, firsts: map[int64]int{}}
}

// suffer makes the call with the fault, again where it failed, and then reconciles.
func (m *trial) suffer(t *testing.T, write write, fault wireproxy.Fault) {
	t.Helper()
	m.clock.Move(m.state(t).Interval) // a new window is due
	call := write.begin(t, m)
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	hits := m.hitOnce(write, fault)
	if fault.Hold != nil {
		go func() { <-fault.Hold.Reached(); giveUp() }()
	}
	err := call.do(ctx)
	require.Equal(t, 1, hits(), "the fault happened to nothing")
	m.proxy.Inject(nil)
	if err != nil {
		t.Log(err)
		require.Eventually(t, func() bool { return m.store.Ping(t.Context()) == nil }, 20*time.Second, 10*time.Millisecond)
		require.NoError(t, call.do(t.Context()), "made again")
	}
	m.requireWithinTheWindow(t)
	if call.check != nil {
		call.check(t)
	}
	if fault.Hold != nil {
		m.goOn(t)
		before := m.state(t)
		fault.Hold.Let()
		require.Equal(t, before, m.state(t), "a command of long ago has changed the scheduler")
	}
	m.sendAll(t)
	m.reconcile(t)
}

// hitOnce makes the nth command that is meant, from now on, suffer.
func (m *trial) hitOnce(write write, fault wireproxy.Fault) (hits func() int) {
	hook, seen := wireproxy.Times(write.nth, write.target, fault)
	m.proxy.Inject(func(c wireproxy.Command) wireproxy.Fault {
		before := seen()
		decided := hook(c)
		if seen() > before && seen() < write.nth {
			return wireproxy.Fault{} // one of those before it
		}
		return decided
	})
	return func() int { return seen() / write.nth }
}

// messages returns n new messages that are to be sent.
func (m *trial) messages(n int) []models.Message {
	batch := make([]models.Message, 0, n)
	for range n {
		m.made++
		batch = append(batch, m.message())
		m.all = append(m.all, m.message().ID)
	}
	return batch
}

// store1 stores messages that nothing happens to.
func (m *trial) store1(t *testing.T, batch []models.Message) {
	t.Helper()
	for _, one := range batch {
		require.NoError(t, m.replica.Accept(t.Context(), one))
	}
}

// entry returns an audit entry of its own id.
func (m *trial) entry(kind string) models.SchedulerLog {
	m.entries++
	return models.SchedulerLog{ID: fmt.Sprintf("%s-%d", kind, m.entries), Actor: "alice"}
}

// goOn lets life go on for so long that nobody remembers the command that is held:
// what was left over is rescued, and what is due is claimed, under a new window, after
// a stop and a start, and at another pace.
func (m *trial) goOn(t *testing.T) {
	t.Helper()
	m.recordSent(t, m.replica, m.live)
	claims, err := m.replica.Claims(t.Context(), 100)
	require.NoError(t, err)
	_, err = m.replica.Rescue(t.Context(), claims, dataoperations.RescuePolicy{MaxAttempts: 9})
	require.NoError(t, err)
	for _, change := range []func(context.Context, models.SchedulerLog) (models.Scheduler, error){m.replica.Stop, m.replica.Start} {
		m.clock.Move(time.Hour)
		_, err := change(t.Context(), m.entry("change"))
		require.NoError(t, err)
	}
	pace := models.Pace{Interval: m.state(t).Interval + time.Second, PerWindow: perWindow}
	require.NoError(t, m.replica.Configure(t.Context(), pace))
	result, err := m.replica.Claim(t.Context(), request(3))
	require.NoError(t, err)
	m.live = result.Claimed
}

// requireWithinTheWindow demands that what is under way from the current window,
// and what that still allows, is no more than it had.
func (m *trial) requireWithinTheWindow(t *testing.T) {
	t.Helper()
	claims, err := m.replica.Claims(t.Context(), 100)
	require.NoError(t, err)
	state := m.state(t)
	require.GreaterOrEqual(t, state.WindowRemaining, 0)
	require.LessOrEqual(t, len(claims)+state.WindowRemaining, perWindow, "the window is overdrawn")
}

// sendAll records what is under way as sent, and then everything else, by the other
// replica, window by window; what nobody knows of is rescued.
func (m *trial) sendAll(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return m.store.Ping(t.Context()) == nil }, 20*time.Second, 10*time.Millisecond)
	m.recordSent(t, m.store, m.live)
	m.live = nil
	for range 20 {
		claims, err := m.replica.Claims(t.Context(), 100)
		require.NoError(t, err)
		_, err = m.replica.Rescue(t.Context(), claims, dataoperations.RescuePolicy{MaxAttempts: 9})
		require.NoError(t, err)
		m.clock.Move(time.Hour) // retries are due by then
		result, err := m.replica.Claim(t.Context(), request(20))
		require.NoError(t, err)
		m.recordSent(t, m.replica, result.Claimed)
		if len(claims)+len(result.Claimed) == 0 {
			return
		}
	}
	require.Fail(t, "it never ends")
}

// recordSent records claims as sent; each must still stand.
func (m *trial) recordSent(t *testing.T, store dataoperations.Store, claimed []models.Claimed) {
	t.Helper()
	var outcomes []models.Outcome
	for _, one := range claimed {
		outcomes = append(outcomes, m.outcome(one, models.ResultSent))
		if one.Window != 0 {
			m.firsts[one.Window]++
			require.LessOrEqual(t, m.firsts[one.Window], perWindow, "window %d gave more than it had", one.Window)
		}
	}
	if len(outcomes) == 0 {
		return
	}
	applied, err := store.Record(t.Context(), outcomes)
	require.NoError(t, err)
	require.NotContains(t, applied, false, "a claim that was handed out no longer stands")
}

// reconcile demands that every message has ended as it should, its journal whole,
// that the counts are right, and the audit trail complete and without doubles.
func (m *trial) reconcile(t *testing.T) {
	t.Helper()
	expected := models.Counts{}
	for _, id := range m.all {
		message := m.read(t, id)
		if status, other := m.expected[id]; other {
			require.Equal(t, status, message.Status, id.Text)
			continue
		}
		require.Equal(t, models.StatusSent, message.Status, id.Text)
		require.Len(t, message.Attempts, message.AttemptCount, id.Text)
		require.Equal(t, message.AttemptCount-1, message.RetryCount, id.Text)
		for i, attempt := range message.Attempts {
			require.Equal(t, i+1, attempt.Number, id.Text)
		}
		expected[models.StatusSent]++
	}
	require.Eventually(t, func() bool {
		counts, err := m.replica.Counts(t.Context())
		return err == nil && counts[models.StatusSent] == expected[models.StatusSent] &&
			counts[models.StatusPending] == 0 && counts[models.StatusSending] == 0
	}, 20*time.Second, 10*time.Millisecond, "the counts are wrong")
	m.requireAlternating(t)
}

// requireAlternating demands of the trail a start, its stop, a start…, each once, and
// whatever else was done, once.
func (m *trial) requireAlternating(t *testing.T) {
	t.Helper()
	entries, total, err := m.replica.SchedulerLogs(t.Context(), 0, 100)
	require.NoError(t, err)
	require.EqualValues(t, len(entries), total)
	require.Len(t, entries, 1+m.entries, "an entry is missing, or there twice")
	entries = slices.DeleteFunc(entries, func(e models.SchedulerLog) bool {
		return e.Action != models.ActionStart && e.Action != models.ActionStop
	})
	for i, entry := range entries { // the newest first
		want := models.ActionStart
		if (len(entries)-1-i)%2 == 1 {
			want = models.ActionStop
			require.Equal(t, entries[i+1].ID, entry.StartID)
		}
		require.Equal(t, want, entry.Action, entry.ID)
	}
}
