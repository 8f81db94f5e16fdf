package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// walk does one thing after another, at random but repeatably, and compares the
// store with its own history after each.
type walk struct {
	*scene
	dice   *rand.Rand
	stores []dataoperations.Store
	known  map[string]models.Message // as they were after the last step
	claims []models.Claimed          // every claim ever made, stale ones too
	drawn  map[int64]int             // first attempts by window, less those returned
	last   string                    // the last step, for the report
}

const walkPerWindow = 4

func walkTests() []test {
	tests := make([]test, 0, 4)
	for seed := range uint64(4) {
		tests = append(tests, test{
			fmt.Sprintf("every step keeps the promises, walk %d", seed+1),
			func(t *testing.T, s *scene) {
				w := &walk{
					scene: s, dice: rand.New(rand.NewPCG(seed, 20260105)), //nolint:gosec // a test repeats its dice.
					known: map[string]models.Message{}, drawn: map[int64]int{},
				}
				w.stores = []dataoperations.Store{s.store, s.open(t)}
				s.run(t, walkPerWindow)
				for range min(300, s.suite.Messages/4) {
					w.step(t)
					w.look(t)
				}
				s.requireCounts(t, w.tally())
			},
		})
	}
	return tests
}

// step does one thing.
func (w *walk) step(t *testing.T) {
	t.Helper()
	w.store = w.stores[w.dice.IntN(len(w.stores))]
	steps := []struct {
		name string
		do   func(t *testing.T)
	}{
		{"accept", func(t *testing.T) {
			t.Helper()
			made := w.acceptOne(t, func(m *models.Message) { m.Priority = models.Priority(w.dice.IntN(3)) })
			w.known[made.ID.Text] = made
		}},
		{"insert by hand", w.insert},
		{"adopt", func(t *testing.T) {
			t.Helper()
			_, _, err := w.store.Adopt(t.Context(), 3, inspect)
			require.NoError(t, err)
		}},
		{"claim", w.claimSome},
		{"claim again", w.claimSome},
		{"record", w.recordAny},
		{"record more", w.recordAny},
		{"give back", w.giveBackAny},
		{"rescue", w.rescueAny},
		{"wait", func(t *testing.T) {
			t.Helper()
			w.clock.Move(time.Duration(w.dice.IntN(90)) * time.Second)
		}},
		{"start or stop", func(t *testing.T) {
			t.Helper()
			if !w.scheduler(t).Running {
				w.start(t)
			} else if w.dice.IntN(4) == 0 {
				w.stop(t)
			}
		}},
	}
	step := steps[w.dice.IntN(len(steps))]
	w.last = step.name
	step.do(t)
}

func (w *walk) insert(t *testing.T) {
	t.Helper()
	w.next++
	id := fmt.Sprintf("by-hand-%06d", w.next)
	w.reference(t, id, func(fields map[string]any) {
		if w.dice.IntN(3) == 0 {
			fields["to"] = "garbage"
		}
	})
	w.known[id] = w.message(t, models.ID{Text: id})
}

func (w *walk) claimSome(t *testing.T) {
	t.Helper()
	result := w.claimResult(t, 1+w.dice.IntN(4))
	for _, claimed := range result.Claimed {
		w.claims = append(w.claims, claimed)
		require.Equal(t, models.StatusPending, w.known[claimed.ID.Text].Status, "claimed from another status")
		if claimed.Window != 0 {
			w.drawn[claimed.Window]++
			require.LessOrEqual(t, w.drawn[claimed.Window], walkPerWindow, "the window was overdrawn")
		}
	}
}

// anyClaim returns one of the claims ever made, a recent one more often.
func (w *walk) anyClaim() (models.Claimed, bool) {
	if len(w.claims) == 0 {
		return models.Claimed{}, false
	}
	recent := len(w.claims) - 1 - w.dice.IntN(min(6, len(w.claims)))
	return w.claims[recent], true
}

func (w *walk) recordAny(t *testing.T) {
	t.Helper()
	claimed, ok := w.anyClaim()
	if !ok {
		return
	}
	wait := time.Duration(w.dice.IntN(60)) * time.Second
	outcomes := []models.Outcome{w.sent(claimed), w.retry(claimed, wait), w.failed(claimed)}
	outcome := outcomes[w.dice.IntN(len(outcomes))]
	if w.record(t, outcome) {
		require.Equal(t, outcome.Result.Status(), w.message(t, claimed.ID).Status)
	}
}

func (w *walk) giveBackAny(t *testing.T) {
	t.Helper()
	claimed, ok := w.anyClaim()
	if !ok {
		return
	}
	before := w.message(t, claimed.ID)
	w.giveBack(t, claimed)
	returned := w.message(t, claimed.ID).AttemptCount < before.AttemptCount
	state := w.scheduler(t)
	if returned && state.Running && claimed.Window == state.WindowSeq {
		w.drawn[claimed.Window]--
	}
}

func (w *walk) rescueAny(t *testing.T) {
	t.Helper()
	claims, err := w.store.Claims(t.Context(), 2)
	require.NoError(t, err)
	policy := dataoperations.RescuePolicy{MaxAttempts: 2, Hold: w.dice.IntN(3) == 0, Replica: "rescuer"}
	require.Equal(t, len(claims), w.rescue(t, policy, claims...))
}

// look reads every message and demands that it went where it may go.
func (w *walk) look(t *testing.T) {
	t.Helper()
	for id, before := range w.known {
		got := w.message(t, models.ID{Text: id})
		if before.Status != got.Status {
			require.True(t, before.Status.CanBecome(got.Status), "%s: %s became %s by %s", id, before.Status, got.Status, w.last)
		}
		w.requireWhole(t, got)
		w.known[id] = got
	}
	if w.suite.CountsAge == 0 {
		w.requireCounts(t, w.tally())
	}
}

// requireWhole demands that the fields of a message agree with each other.
func (w *walk) requireWhole(t *testing.T, m models.Message) {
	t.Helper()
	failures := 0
	for _, attempt := range m.Attempts {
		if attempt.Error != "" {
			failures++
		}
	}
	final := m.Status == models.StatusSent || m.Status == models.StatusFailed
	require.Equal(t, failures, m.RetryCount, "%s after %s: retry_count", m.ID, w.last)
	require.Equal(t, m.Status == models.StatusSent, !m.SentAt.IsZero(), "%s after %s: sent_at", m.ID, w.last)
	require.Equal(t, m.Status == models.StatusFailed, !m.FailedAt.IsZero(), "%s after %s: failed_at", m.ID, w.last)
	require.False(t, final && !m.NextAttemptAt.IsZero(), "%s after %s: next_attempt_at", m.ID, w.last)
	require.GreaterOrEqual(t, m.AttemptCount, 0, "%s after %s: attempt_count", m.ID, w.last)
}

// tally counts the messages known, without those that wait to be adopted.
func (w *walk) tally() models.Counts {
	counts := models.Counts{}
	for _, message := range w.known {
		if message.Status != models.StatusPending || !message.NextAttemptAt.IsZero() {
			counts[message.Status]++
		}
	}
	return counts
}
