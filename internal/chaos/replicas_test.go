package chaos_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/chaos"
	"auto-message-sender/internal/models"
)

// clusterStorm is a storm over MongoDB and Redis. Its sizes are those that the
// stand-in can bear: each of its updates reads the whole collection.
func clusterStorm(t *testing.T, s storm) storm {
	t.Helper()
	c := newCluster(t)
	s.seed = seed(t)
	s.processes, s.timeout, s.inFlight = 3, 2*time.Second, 4
	s.store, s.patience = c.settings, 2*patience
	s.read = func() stored { return c.read(t) }
	s.idle = c.idle
	s.activity = func(*fleet) []models.Minute { return nil } // counted in the background: up to 5 s old
	s.clockError = 250 * time.Millisecond
	return s
}

func TestReplicas_KilledAtRandomNothingIsLostAndEveryDuplicateIsExplained(t *testing.T) {
	t.Parallel()
	kills := number(t, "CHAOS_REPLICA_KILLS", 6)
	s := clusterStorm(t, storm{
		kills: kills, messages: 15 * kills, over: time.Duration(kills) * 2 * time.Second,
		pace: models.Pace{Interval: time.Second},
	})
	s.rage(t)
}

func TestReplicas_KilledAtRandomThePaceIsKept(t *testing.T) {
	t.Parallel()
	kills := number(t, "CHAOS_REPLICA_KILLS", 6) / 2
	over := time.Duration(kills) * 3 * time.Second
	pace := models.Pace{Interval: time.Second, PerWindow: 5}
	s := clusterStorm(t, storm{
		kills: kills, messages: int(over/pace.Interval) * pace.PerWindow, over: over, feeding: over / 3, pace: pace,
		paces: []models.Pace{pace, {Interval: 1500 * time.Millisecond, PerWindow: 8}},
	})
	s.rage(t)
}

// Three replicas whose clocks say ten minutes ago, now, and in ten minutes: times
// in the store are its own, leases are watched by each replica's monotonic clock.
// On the embedded store all processes have one machine's clock, so there is
// nothing to try there.
func TestReplicas_WhoseClocksDifferByTenMinutesAgree(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	// Some answers take their time: a rescue by a wrong clock would come meanwhile.
	var mu sync.Mutex
	calls := 0
	s := newScene(t, faulty, 0, func(string) verdict {
		mu.Lock()
		defer mu.Unlock()
		calls++
		return verdict{status: http.StatusAccepted, delay: []time.Duration{0, 0, 700 * time.Millisecond}[calls%3]}
	}, c.settings)
	s.limits.Interval, s.limits.PerWindow = time.Second, 3
	s.settings["MESSAGES_PER_INTERVAL"] = "3"
	for _, skew := range []string{"-10m", "0s", "10m"} {
		i := s.add(map[string]string{"AMS_CLOCK_SKEW": skew})
		require.Equal(t, skew != "0s", strings.Contains(s.at(i).Stderr.String(), "this machine's clock and MongoDB's differ"), skew)
	}
	began := moment()
	ctx := t.Context()
	dice := dice(0, actorWatcher)
	const messages = 24
	for i := range messages {
		s.accept(i%3, 1)
	}
	s.run(0)
	for i := range 3 { // each takes its turn at starting, so at the phase of the windows
		pause(ctx, 2*time.Second)
		s.tr.change(dice, models.ActionStop, 100+i)
		require.Equal(t, http.StatusOK, s.tr.change(dice, models.ActionStart, 200+i))
	}
	s.kill(0) // and its claims are rescued by a clock that is ten minutes ahead of it
	require.Eventually(t, func() bool { return c.idle(s.fleet) }, patience, 100*time.Millisecond)
	for i := 1; i < 3; i++ {
		process, _ := s.expect(i)
		process.Kill()
	}

	kept := c.read(t)
	end := moment()
	summary, violations := chaos.Reconcile(chaos.Facts{
		Calls: s.hook.ledger(), Messages: kept.messages, Posted: s.tr.posted, Deaths: s.deaths, Audit: kept.audit,
		Running: kept.running, Switches: s.tr.switches, Limits: s.limits, Ended: end,
		Windows: []chaos.Window{{Asked: began, Told: began}, {Asked: end, Told: end, Seq: kept.seq}},
	})
	requireNone(t, 0, violations)
	require.Equal(t, messages, summary.Sent)
	require.GreaterOrEqual(t, kept.seq, int64(messages/3), "no more than three from a window")
	for _, m := range kept.messages {
		require.WithinRange(t, m.CreatedAt, began.Add(-2*time.Second), end)
		require.WithinRange(t, m.SentAt, began.Add(-2*time.Second), end.Add(2*time.Second))
	}
}
