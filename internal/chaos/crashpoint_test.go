package chaos_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/faults"
	"auto-message-sender/internal/models"
)

func TestCrash_TheReleasedBinaryHasNoFaults(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func() (string, error){"released": binary, "faulty": faulty} {
		path, err := build()
		require.NoError(t, err)
		content, err := os.ReadFile(path) //nolint:gosec // built by the test
		require.NoError(t, err)
		for _, order := range []string{"AMS_CRASH_AT", "AMS_FREEZE_AT", "AMS_CLOCK_SKEW"} {
			require.Equal(t, name == "faulty", bytes.Contains(content, []byte(order)), "%s in the %s binary", order, name)
		}
	}
}

// One message alone, so that what is promised is one number and not a range.
func TestCrash_AtEachPointOfTheWayExactlyWhatIsPromised(t *testing.T) {
	t.Parallel()
	points := []struct {
		point            string
		rescued, doubled int
	}{
		{faults.Claimed, 1, 0},
		{faults.Begin, 1, 0},
		{faults.Answered, 1, 1},
		{faults.Recording, 1, 1},
		{faults.Recorded, 0, 0},
	}
	for _, point := range points {
		t.Run(point.point, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, faulty, 0, always, nil)
			victim := s.add(map[string]string{"AMS_CRASH_AT": point.point})
			s.accept(victim, 1)
			s.expect(victim)
			s.run(victim)
			_, err := s.at(victim).Exit(patience)
			require.NoError(t, err, "the point is never reached")
			s.died(victim)
			after := s.add(nil)
			s.waitForSent(after, 1)
			s.kill(after)
			summary := s.reconcile()
			require.Equal(t, point.rescued, summary.Rescued, "rescued")
			require.Equal(t, point.doubled, summary.Duplicates, "sent twice")
			require.Equal(t, 1+point.doubled, summary.Calls, "calls")
		})
	}
}

// The request has arrived, and the sender dies before its answer: no point of the
// program is needed, the webhook itself kills.
func TestCrash_BetweenTheRequestAndItsAnswer(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 8)
	release := make(chan struct{})
	s := newScene(t, binary, 1, func(string) verdict {
		select {
		case <-release:
		default:
			arrived <- struct{}{}
			<-release
		}
		return verdict{status: http.StatusAccepted}
	}, nil)
	s.accept(0, 1)
	s.run(0)
	<-arrived
	s.kill(0)
	close(release)
	after := s.add(nil)
	s.waitForSent(after, 1)
	s.kill(after)
	summary := s.reconcile()
	require.Equal(t, 1, summary.Rescued)
	require.Equal(t, 1, summary.Duplicates, "the webhook took both: same key, same body")
}

// Every commit that a short life of the program makes is hit, before and after.
func TestCrash_AtEveryCommitOfALife(t *testing.T) {
	t.Parallel()
	hits := number(t, "CHAOS_COMMITS", 8)
	for _, point := range []string{faults.Commit, faults.Committed} {
		for hit := 1; hit <= hits; hit++ {
			order := fmt.Sprintf("%s:%d", point, hit)
			t.Run(order, func(t *testing.T) {
				t.Parallel()
				commitCrash(t, order)
			})
		}
	}
}

// commitCrash lives a short life – start, three messages, a stop and a start –
// with a process that crashes at a commit somewhere in it, and then with one that
// does not.
func commitCrash(t *testing.T, crash string) {
	t.Helper()
	s := newScene(t, faulty, 0, always, nil)
	victim := s.launch(map[string]string{"AMS_CRASH_AT": crash})
	s.expect(victim)
	process := s.at(victim)
	life := make(chan struct{})
	ctx := t.Context()
	var posted []*order
	go func() {
		defer close(life)
		d := dice(0, 0)
		for n := 0; ctx.Err() == nil && n < 500; n++ { // until it is ready, or gone
			if status, _, err := s.call(process, http.MethodGet, "/readyz", ""); err == nil && status == http.StatusOK {
				break
			}
			pause(ctx, 10*time.Millisecond)
		}
		for n := range 30 {
			select {
			case <-process.Ended():
				return
			default:
			}
			next := newOrder(1, int64(n), true)
			posted = append(posted, &next)
			s.tr.tryOnce(d, &next)
			s.tr.change(d, []models.Action{models.ActionStart, models.ActionStop}[n%2], n)
			pause(ctx, 20*time.Millisecond)
		}
	}()
	code, err := process.Exit(patience)
	require.NoError(t, err, "%s is never reached", crash)
	require.Equal(t, -1, code)
	s.died(victim)
	<-life
	after := s.add(nil)
	for _, one := range posted { // who has a key repeats it, and gets the first answer again
		if one.Key != "" {
			s.tr.post(ctx, dice(0, 2), one)
		}
	}
	s.tr.people.Wait()
	s.accept(after, 1)
	s.tr.ensureRunning(dice(0, 1))
	require.Eventually(t, func() bool {
		counts := s.counts(after)
		return counts != nil && counts[models.StatusPending]+counts[models.StatusSending]+counts[models.StatusScheduled] == 0
	}, patience, 50*time.Millisecond)
	s.kill(after)
	summary := s.reconcile()
	require.Zero(t, summary.Failed)
}
