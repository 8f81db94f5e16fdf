package storetest

import (
	"fmt"
	"math/rand/v2"
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
	drawn  map[int64]int             // attempts that drew, by window, less those returned
	begun  map[string]int            // attempts by message, less those taken or given back
	paid   map[string]bool           // messages whose next attempt does not draw
	last   string                    // the last step, for the report
}

const walkPerWindow = 4

func walkTests() []test {
	tests := make([]test, 0, 3)
	for seed := range uint64(3) {
		tests = append(tests, test{
			fmt.Sprintf("every step keeps the promises, walk %d", seed+1),
			func(s *scene) {
				w := &walk{
					scene: s, dice: rand.New(rand.NewPCG(seed, 20260105)), //nolint:gosec // a test repeats its dice.
					known: map[string]models.Message{}, drawn: map[int64]int{},
					begun: map[string]int{}, paid: map[string]bool{},
				}
				w.stores = []dataoperations.Store{s.store, s.open()}
				s.run(walkPerWindow)
				for range min(150, s.suite.Messages/2) {
					w.step()
					w.look()
				}
				s.requireCounts(w.tally())
			},
		})
	}
	return tests
}

// step does one thing.
func (w *walk) step() {
	w.t.Helper()
	w.store = w.stores[w.dice.IntN(len(w.stores))]
	steps := []struct {
		name string
		do   func()
	}{
		{"accept", func() {
			w.t.Helper()
			made := w.acceptOne(func(m *models.Message) { m.Priority = models.Priority(w.dice.IntN(3)) })
			w.known[made.ID.Text] = made
		}},
		{"insert by hand", w.insert},
		{"adopt", func() {
			w.t.Helper()
			_, _, err := w.store.Adopt(w.t.Context(), 3, inspect)
			require.NoError(w.t, err)
		}},
		{"claim", w.claimSome},
		{"claim again", w.claimSome},
		{"record", w.recordAny},
		{"record more", w.recordAny},
		{"give back", w.giveBackAny},
		{"rescue", w.rescueAny},
		{"redraw", func() {
			w.t.Helper()
			_, err := w.store.Redraw(w.t.Context())
			require.NoError(w.t, err)
			for id, message := range w.known {
				if message.Status == models.StatusPending && !message.NextAttemptAt.After(w.clock.Now()) {
					w.paid[id] = false
				}
			}
		}},
		{"wait", func() {
			w.t.Helper()
			w.clock.Move(time.Duration(w.dice.IntN(90)) * time.Second)
		}},
		{"start or stop", func() {
			w.t.Helper()
			if !w.scheduler().Running {
				w.start()
			} else if w.dice.IntN(4) == 0 {
				w.stop()
			}
		}},
	}
	step := steps[w.dice.IntN(len(steps))]
	w.last = step.name
	step.do()
}

func (w *walk) insert() {
	w.t.Helper()
	w.next++
	id := fmt.Sprintf("by-hand-%06d", w.next)
	w.reference(id, func(fields map[string]any) {
		if w.dice.IntN(3) == 0 {
			fields["to"] = "garbage"
		}
	})
	w.known[id] = w.message(models.ID{Text: id})
}

func (w *walk) claimSome() {
	w.t.Helper()
	result := w.claimResult(1 + w.dice.IntN(4))
	for _, claimed := range result.Claimed {
		w.claims = append(w.claims, claimed)
		id := claimed.ID.Text
		require.Equal(w.t, w.paid[id], claimed.Window == 0, "%s: whether it draws", id)
		w.begun[id]++
		w.paid[id] = true
		require.Equal(w.t, models.StatusPending, w.known[claimed.ID.Text].Status, "claimed from another status")
		if claimed.Window != 0 {
			w.drawn[claimed.Window]++
			require.LessOrEqual(w.t, w.drawn[claimed.Window], walkPerWindow, "the window was overdrawn")
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

func (w *walk) recordAny() {
	w.t.Helper()
	claimed, ok := w.anyClaim()
	if !ok {
		return
	}
	wait := time.Duration(w.dice.IntN(60)) * time.Second
	redraw := w.retry(claimed, wait)
	redraw.Redraw = true
	outcomes := []models.Outcome{
		w.sent(claimed), w.retry(claimed, wait), redraw, w.postponed(claimed, wait), w.failed(claimed),
	}
	outcome := outcomes[w.dice.IntN(len(outcomes))]
	before := w.message(claimed.ID)
	if !w.record(outcome) {
		return
	}
	require.Equal(w.t, outcome.Result.Status(), w.message(claimed.ID).Status)
	if before.Status != models.StatusSending {
		return // a late 2xx, or recorded before
	}
	if outcome.Uncounted {
		w.begun[claimed.ID.Text]--
	}
	if outcome.Redraw {
		w.paid[claimed.ID.Text] = false
	}
}

func (w *walk) giveBackAny() {
	w.t.Helper()
	claimed, ok := w.anyClaim()
	if !ok {
		return
	}
	before := w.message(claimed.ID)
	w.giveBack(claimed)
	returned := w.message(claimed.ID).AttemptCount < before.AttemptCount
	if returned {
		w.begun[claimed.ID.Text]--
		w.paid[claimed.ID.Text] = claimed.Window == 0
	}
	state := w.scheduler()
	if returned && state.Running && claimed.Window == state.WindowSeq {
		w.drawn[claimed.Window]--
	}
}

func (w *walk) rescueAny() {
	w.t.Helper()
	claims, err := w.store.Claims(w.t.Context(), 2)
	require.NoError(w.t, err)
	policy := dataoperations.RescuePolicy{MaxAttempts: 2, Hold: w.dice.IntN(3) == 0}
	require.Equal(w.t, len(claims), w.rescue(policy, claims...))
}

// look reads every message and demands that it went where it may go.
func (w *walk) look() {
	w.t.Helper()
	for id, before := range w.known {
		got := w.message(models.ID{Text: id})
		if before.Status != got.Status {
			require.True(w.t, before.Status.CanBecome(got.Status), "%s: %s became %s by %s", id, before.Status, got.Status, w.last)
		}
		w.requireWhole(got)
		w.known[id] = got
	}
	if w.suite.CountsAge == 0 {
		w.requireCounts(w.tally())
	}
}

// requireWhole demands that the fields of a message agree with each other.
func (w *walk) requireWhole(m models.Message) {
	w.t.Helper()
	failures := 0
	for _, attempt := range m.Attempts {
		if attempt.Error != "" {
			failures++
		}
	}
	final := m.Status == models.StatusSent || m.Status == models.StatusFailed
	require.Equal(w.t, failures, m.RetryCount, "%s after %s: retry_count", m.ID, w.last)
	require.Equal(w.t, m.Status == models.StatusSent, !m.SentAt.IsZero(), "%s after %s: sent_at", m.ID, w.last)
	require.Equal(w.t, m.Status == models.StatusFailed, !m.FailedAt.IsZero(), "%s after %s: failed_at", m.ID, w.last)
	require.False(w.t, final && !m.NextAttemptAt.IsZero(), "%s after %s: next_attempt_at", m.ID, w.last)
	require.Equal(w.t, w.begun[m.ID.Text], m.AttemptCount, "%s after %s: attempt_count", m.ID, w.last)
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
