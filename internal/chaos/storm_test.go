package chaos_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/chaos"
	"auto-message-sender/internal/models"
)

// storm is a run with kills at random moments.
type storm struct {
	seed      uint64
	processes int
	kills     int
	messages  int
	over      time.Duration // which the kills are spread over
	feeding   time.Duration // which the messages are spread over; 0: the same
	timeout   time.Duration // WEBHOOK_TIMEOUT
	inFlight  int           // MAX_IN_FLIGHT
	pace      models.Pace
	paces     []models.Pace     // to change between; the first is pace
	store     map[string]string // the settings of the store
	read      func() stored     // when all processes have ended
	idle      func(*fleet) bool // nothing waits any more but what is scheduled far ahead
	activity  func(*fleet) []models.Minute

	clockError time.Duration // of the store's clock
	patience   time.Duration // until then, where it is longer than usual
}

// Actors of a storm: each has dice of its own.
const (
	actorKiller = iota + 1
	actorOperator
	actorWatcher
	actorHook
	actorSettler
	actorRetrier
)

// rage runs the storm, waits until everything that was accepted has come to its
// end, ends the processes, and reconciles.
func (s storm) rage(t *testing.T) chaos.Summary {
	t.Helper()
	hook := newHook(t, moody(dice(s.seed, actorHook), s.timeout))
	settings := map[string]string{
		"WEBHOOK_URL": hook.URL, "WEBHOOK_TIMEOUT": s.timeout.String(), "MAX_RETRY_COUNT": "100",
		"MAX_IN_FLIGHT":      strconv.Itoa(s.inFlight),
		"SCHEDULER_INTERVAL": s.pace.Interval.String(), "MESSAGES_PER_INTERVAL": strconv.Itoa(s.pace.PerWindow),
	}
	maps.Copy(settings, s.store)
	path, err := binary()
	require.NoError(t, err)
	f := newFleet(t, path, s.processes, settings)
	tr := newTraffic(f)
	tr.whims = true
	for i := range s.processes {
		f.ready(i)
	}

	ctx, end := context.WithCancel(t.Context())
	defer end()
	var actors, watcher sync.WaitGroup
	watcher.Go(func() { tr.watch(ctx, dice(s.seed, actorWatcher), max(100*time.Millisecond, s.over/500)) })
	operating, stopOperating := context.WithTimeout(ctx, s.over)
	defer stopOperating()
	actors.Go(func() { tr.operate(operating, dice(s.seed, actorOperator), s.over/8, s.paces) })
	actors.Go(func() { tr.retry(operating, dice(s.seed, actorRetrier), s.over/50) })
	actors.Go(func() { tr.feed(ctx, s.seed, s.messages, cmp.Or(s.feeding, s.over)) })
	s.kill(ctx, f)
	for i := range s.processes {
		f.ready(i)
	}
	actors.Wait()
	tr.people.Wait()
	tr.ensureRunning(dice(s.seed, actorSettler))
	f.settle(s.idle, max(patience, s.patience)+s.over)
	end()
	watcher.Wait()
	activity := s.activity(f)
	f.terminate()
	f.unharmed()
	return s.reconcile(t, hook, f, tr, activity)
}

// kill kills processes at random moments, and starts them again. Some live longer
// than others: a rescue takes a process that outlives a lease.
func (s storm) kill(ctx context.Context, f *fleet) {
	dice := dice(s.seed, actorKiller)
	mean := float64(s.over) / float64(s.kills)
	for range s.kills {
		pause(ctx, min(time.Duration(dice.ExpFloat64()*mean), time.Duration(4*mean)))
		i := max(dice.IntN(s.processes), dice.IntN(s.processes))
		if dice.IntN(10) == 0 {
			f.freeze(ctx, i, time.Duration(dice.IntN(300))*time.Millisecond)
		}
		f.kill(i)
		pause(ctx, time.Duration(dice.IntN(200))*time.Millisecond)
		f.start(i, nil)
	}
}

func (s storm) reconcile(t *testing.T, hook *hook, f *fleet, tr *traffic, activity []models.Minute) chaos.Summary {
	t.Helper()
	kept := s.read()
	now := moment()
	summary, violations := chaos.Reconcile(chaos.Facts{
		Calls: hook.ledger(), Messages: kept.messages, Posted: tr.posted, Deaths: f.deaths,
		Audit: kept.audit, Running: kept.running, Switches: tr.switches,
		Windows:         append(tr.windows, chaos.Window{Asked: now, Told: now, Seq: kept.seq}),
		UnansweredPosts: tr.unanswered,
		Limits: chaos.Limits{
			MaxInFlight: s.inFlight, MaxAttempts: 100, AttemptTimeout: s.timeout, Pace: s.pace, ClockError: s.clockError,
		},
		Changes: tr.changes, Bulks: tr.bulks, Pace: kept.pace, Reservations: kept.reservations, Activity: activity, Ended: now,
	})
	t.Logf("%+v", summary)
	requireNone(t, s.seed, violations)
	require.Empty(t, tr.faults, "CHAOS_SEED=%d: answers that nobody should get", s.seed)
	require.GreaterOrEqual(t, summary.Messages, s.messages)
	require.Equal(t, s.kills, summary.Deaths)
	return summary
}

// requireNone shows the first violations, and the seed.
func requireNone(t *testing.T, seed uint64, violations []chaos.Violation) {
	t.Helper()
	var shown []string
	for _, violation := range violations[:min(len(violations), 20)] {
		shown = append(shown, violation.String())
	}
	require.Empty(t, violations, "CHAOS_SEED=%d: %d violations\n%s", seed, len(violations), strings.Join(shown, "\n"))
}

// idleByCount asks the processes whether anything waits; the embedded store's
// counts are exact.
func idleByCount(dice *rand.Rand) func(*fleet) bool {
	return func(f *fleet) bool {
		f.revive()
		status, answer, err := f.call(f.any(dice), http.MethodGet, "/api/v1/scheduler", "")
		counts, _ := answer["counts"].(map[string]any)
		if err != nil || status != http.StatusOK || fmt.Sprint(counts["pending"], counts["sending"]) != "0 0" {
			return false
		}
		const scheduled = "/api/v1/messages?limit=100&status=scheduled"
		for path := scheduled; path != ""; {
			status, answer, err = f.call(f.any(dice), http.MethodGet, path, "")
			if err != nil || status != http.StatusOK || soon(answer["messages"]) {
				return false
			}
			if path, _ = answer["next_cursor"].(string); path != "" {
				path = scheduled + "&cursor=" + path
			}
		}
		return true
	}
}

// soon reports whether any of the messages is to go out while the run lasts.
func soon(messages any) bool {
	all, _ := messages.([]any)
	return slices.ContainsFunc(all, func(one any) bool {
		message, _ := one.(map[string]any)
		text, _ := message["send_at"].(string)
		at, err := time.Parse(time.RFC3339, text)
		return err != nil || at.Before(moment().Add(farAhead/4))
	})
}

// activityOf asks some process what happened by the minute.
func activityOf(dice *rand.Rand) func(*fleet) []models.Minute {
	return func(f *fleet) (minutes []models.Minute) {
		f.t.Helper()
		status, answer, err := f.call(f.any(dice), http.MethodGet, "/api/v1/stats", "")
		require.NoError(f.t, err)
		require.Equal(f.t, http.StatusOK, status)
		all, _ := answer["per_minute"].([]any)
		require.Len(f.t, all, 60)
		for _, one := range all {
			minute, _ := one.(map[string]any)
			at, err := time.Parse(time.RFC3339, fmt.Sprint(minute["at"]))
			require.NoError(f.t, err)
			sent, _ := minute["sent"].(float64)
			failed, _ := minute["failed"].(float64)
			minutes = append(minutes, models.Minute{At: at, Sent: int64(sent), Failed: int64(failed)})
		}
		return minutes
	}
}

func embeddedStorm(t *testing.T, s storm) storm {
	t.Helper()
	dir := t.TempDir()
	s.seed = seed(t)
	s.store = map[string]string{"DATA_DIR": dir}
	s.read = func() stored { return readEmbedded(t, dir) }
	s.idle = idleByCount(dice(s.seed, actorSettler))
	s.activity = activityOf(dice(s.seed, actorSettler))
	return s
}

func TestStorm_KilledAtRandomNothingIsLostAndEveryDuplicateIsExplained(t *testing.T) {
	t.Parallel()
	kills := number(t, "CHAOS_KILLS", 50)
	s := embeddedStorm(t, storm{
		processes: 3, kills: kills, messages: number(t, "CHAOS_MESSAGES", 20_000),
		over:    span(t, "CHAOS_DURATION", time.Duration(kills)*500*time.Millisecond),
		timeout: 2 * time.Second, inFlight: 64, pace: models.Pace{Interval: time.Second},
		paces: []models.Pace{{Interval: time.Second}, {Interval: 250 * time.Millisecond, PerWindow: 150}, {Interval: 400 * time.Millisecond}},
	})
	summary := s.rage(t)
	require.Positive(t, summary.Rescued, "no kill hit anything")
}

func TestStorm_KilledAtRandomThePaceIsKept(t *testing.T) {
	t.Parallel()
	kills := number(t, "CHAOS_KILLS", 50) / 5
	over := time.Duration(kills) * 1500 * time.Millisecond
	pace := models.Pace{Interval: 500 * time.Millisecond, PerWindow: 20}
	s := embeddedStorm(t, storm{
		// More than the windows take meanwhile, so that each is used up.
		processes: 3, kills: kills, messages: int(over/pace.Interval) * pace.PerWindow,
		over: over, feeding: over / 4, timeout: 2 * time.Second, inFlight: 32, pace: pace,
		paces: []models.Pace{pace, {Interval: 400 * time.Millisecond, PerWindow: 12}, {Interval: 700 * time.Millisecond, PerWindow: 30}},
	})
	s.rage(t)
}
