package chaos_test

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

// slow answers 202 after 20 to 120 ms.
func slow(dice *rand.Rand) func(string) verdict {
	var mu sync.Mutex
	return func(string) verdict {
		mu.Lock()
		defer mu.Unlock()
		return verdict{status: http.StatusAccepted, delay: time.Duration(20+dice.IntN(100)) * time.Millisecond}
	}
}

func TestTerm_InFlightFinishesGivesBackAndExitsZeroEveryTime(t *testing.T) {
	t.Parallel()
	seed := seed(t)
	s := newScene(t, binary, 1, slow(dice(seed, actorHook)), nil)
	s.run(0)
	dice := dice(seed, actorKiller)
	times := number(t, "CHAOS_TERMS", 20)
	underway, accepted := 0, 0
	for range times {
		// More than fit in flight, so that some are under way and some wait.
		s.accept(0, 12)
		accepted += 12
		pause(t.Context(), time.Duration(dice.IntN(40))*time.Millisecond)
		if s.hook.underway() > 0 {
			underway++
		}
		process, _ := s.expect(0)
		require.NoError(t, process.Signal(syscall.SIGTERM))
		code, err := process.Exit(patience)
		require.NoError(t, err)
		require.Zero(t, code, "CHAOS_SEED=%d: %s", seed, tail(process.Stderr.String()))

		waiting := 0
		for _, message := range readEmbedded(t, s.dir).messages {
			require.NotEqual(t, models.StatusSending, message.Status, "CHAOS_SEED=%d: left behind", seed)
			if message.Status == models.StatusPending {
				waiting++
			}
		}
		require.Equal(t, s.hook.count(), accepted-waiting, "CHAOS_SEED=%d: what was called is recorded, what was not waits", seed)
		s.start(0, nil)
		s.ready(0)
	}
	require.GreaterOrEqual(t, underway, times*3/4, "the signals came when all was done: this proves nothing")
	s.waitForSent(0, accepted)
	s.terminate()
	summary := s.reconcile()
	require.Zero(t, summary.Duplicates)
	require.Zero(t, summary.Rescued+summary.TimedOut)
	require.Equal(t, accepted, summary.Calls, "each once")
}
