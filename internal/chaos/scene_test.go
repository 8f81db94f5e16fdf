package chaos_test

import (
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/chaos"
	"auto-message-sender/internal/models"
)

// scene is a store, a webhook and processes, for a fault at a chosen place. No cap
// on the pace; what counts is what becomes of each message.
type scene struct {
	*fleet

	t      *testing.T
	dir    string
	hook   *hook
	limits chaos.Limits
	tr     *traffic
}

// newScene starts n processes of the binary on one embedded store, one after the
// other: each is ready before the next starts.
func newScene(t *testing.T, binary func() (string, error), n int, decide func(string) verdict, more map[string]string) *scene {
	t.Helper()
	path, err := binary()
	require.NoError(t, err)
	s := &scene{t: t, dir: t.TempDir(), hook: newHook(t, decide)}
	s.limits = chaos.Limits{MaxInFlight: 8, MaxAttempts: 100, AttemptTimeout: 2 * time.Second, Pace: models.Pace{Interval: time.Second}}
	settings := map[string]string{
		"DATA_DIR": s.dir, "WEBHOOK_URL": s.hook.URL, "WEBHOOK_TIMEOUT": s.limits.AttemptTimeout.String(),
		"MAX_IN_FLIGHT": strconv.Itoa(s.limits.MaxInFlight), "MAX_RETRY_COUNT": strconv.Itoa(s.limits.MaxAttempts),
		"SCHEDULER_INTERVAL": s.limits.Interval.String(), "MESSAGES_PER_INTERVAL": "0", "SCHEDULER_AUTOSTART": "resume",
	}
	maps.Copy(settings, more)
	s.fleet = newFleet(t, path, 0, settings)
	s.tr = newTraffic(s.fleet)
	for range n {
		s.add(nil)
	}
	return s
}

// add starts one more process, with these variables beside the scene's, and waits
// until it is ready. It returns its slot.
func (s *scene) add(more map[string]string) int {
	s.t.Helper()
	i := s.launch(more)
	s.ready(i)
	return i
}

// launch is add without the waiting: the process may be ordered to end before.
func (s *scene) launch(more map[string]string) int {
	s.t.Helper()
	s.mu.Lock()
	s.slots = append(s.slots, &slot{})
	i := len(s.slots) - 1
	s.mu.Unlock()
	s.start(i, more)
	return i
}

// accept posts n messages to the process, one after the other.
func (s *scene) accept(i, n int) {
	s.t.Helper()
	for range n {
		number := len(s.tr.posted)
		posted := chaos.Posted{To: fmt.Sprintf("+90555%07d", number), Content: fmt.Sprintf("mesaj %d", number)}
		status, answer, err := s.call(s.at(i), http.MethodPost, "/api/v1/messages", `{"to":"`+posted.To+`","content":"`+posted.Content+`"}`)
		require.NoError(s.t, err)
		require.Equal(s.t, http.StatusCreated, status, "%v", answer)
		posted.ID = fmt.Sprint(answer["id"])
		s.tr.posted = append(s.tr.posted, posted)
	}
}

// run starts the scheduler.
func (s *scene) run(i int) {
	s.t.Helper()
	require.Equal(s.t, http.StatusOK, s.tr.change(dice(0, 0), models.ActionStart, len(s.tr.switches)), "start by process %d", i)
}

// counts returns the number of messages by status, as the process says.
func (s *scene) counts(i int) map[models.Status]int {
	status, answer, err := s.call(s.at(i), http.MethodGet, "/api/v1/scheduler", "")
	by, _ := answer["counts"].(map[string]any)
	if err != nil || status != http.StatusOK || by == nil {
		return nil
	}
	counts := map[models.Status]int{}
	for name, n := range by {
		count, _ := n.(float64)
		counts[models.Status(name)] = int(count)
	}
	return counts
}

// waitForSent waits until so many messages are sent.
func (s *scene) waitForSent(i, n int) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.counts(i)[models.StatusSent] == n }, patience, 20*time.Millisecond, "never %d sent", n)
}

// reconcile compares the ledger with the store.
func (s *scene) reconcile() chaos.Summary {
	s.t.Helper()
	s.unharmed()
	kept := readEmbedded(s.t, s.dir)
	summary, violations := chaos.Reconcile(chaos.Facts{
		Calls: s.hook.ledger(), Messages: kept.messages, Posted: s.tr.posted, Deaths: s.deaths, Audit: kept.audit,
		Running: kept.running, Switches: s.tr.switches, UnansweredPosts: s.tr.unanswered, Limits: s.limits,
		Changes: s.tr.changes, Pace: kept.pace, Reservations: kept.reservations, Ended: moment(),
	})
	requireNone(s.t, 0, violations)
	require.Empty(s.t, s.tr.faults, "answers that nobody should get")
	return summary
}
