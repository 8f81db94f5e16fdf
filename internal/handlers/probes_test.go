package handlers_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

func wallClock() time.Time { return time.Now() } //nolint:forbidigo // that of a bubble

func TestReady_TellsEachPartAndWhatIsWrong(t *testing.T) {
	t.Parallel()
	away := &models.Error{Kind: models.KindUnavailable, Detail: "the store cannot be reached", Cause: errors.New("dial tcp 10.0.0.7")}
	tests := map[string]struct {
		store, redis error
		want         string
		healthy      bool
		details      []string
	}{
		"all is well":             {nil, nil, "ok", true, []string{"", ""}},
		"redis is away":           {nil, errors.New("dial tcp 10.0.0.8"), "degraded", true, []string{"", "it does not answer"}},
		"the store is away":       {away, nil, "unavailable", false, []string{"the store cannot be reached", ""}},
		"both are away":           {away, errors.New("x"), "unavailable", false, []string{"the store cannot be reached", "it does not answer"}},
		"the store is away oddly": {errors.New("dial tcp 10.0.0.7"), nil, "unavailable", false, []string{"it does not answer", ""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, _ := logged()
			probes, err := handlers.NewProbes(handlers.ProbesOptions{Now: wallClock, Log: log, Parts: []handlers.Part{
				{Name: "store", Required: true, Check: func(context.Context) error { return tt.store }},
				{Name: "redis", Check: func(context.Context) error { return tt.redis }},
			}})
			require.NoError(t, err)
			for _, verbose := range []bool{false, true} {
				readiness, err := probes.Ready(t.Context(), handlers.ReadyRequest{Verbose: verbose})
				require.NoError(t, err)
				require.Equal(t, tt.want, readiness.Status)
				require.Equal(t, tt.healthy, readiness.Healthy())
				for i, part := range readiness.Parts {
					require.Equal(t, tt.details[i], part.Detail)
					require.Equal(t, verbose, part.DurationMS != nil)
					require.Equal(t, verbose, part.CheckedAt != "")
				}
			}
		})
	}
}

// Anybody may ask, without a key and without a limit.
func TestReady_SparesTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var checks atomic.Int64
		var failing atomic.Bool
		log, lines := logged()
		probes, err := handlers.NewProbes(handlers.ProbesOptions{Now: wallClock, Log: log, Parts: []handlers.Part{
			{Name: "store", Required: true, Check: func(context.Context) error {
				checks.Add(1)
				time.Sleep(20 * time.Millisecond) //nolint:forbidigo // the bubble's clock
				if failing.Load() {
					return errors.New("gone")
				}
				return nil
			}},
		}})
		require.NoError(t, err)
		ask := func() string {
			readiness, err := probes.Ready(t.Context(), handlers.ReadyRequest{})
			require.NoError(t, err)
			return readiness.Status
		}
		var askers sync.WaitGroup
		for range 100 {
			askers.Go(func() { require.Equal(t, "ok", ask()) })
		}
		askers.Wait()
		require.Equal(t, int64(1), checks.Load(), "one check for all")

		failing.Store(true)
		for _, want := range []string{"unavailable", "unavailable"} {
			time.Sleep(time.Second) //nolint:forbidigo // the bubble's clock
			require.Equal(t, want, ask())
		}
		failing.Store(false)
		time.Sleep(time.Second) //nolint:forbidigo // the bubble's clock
		require.Equal(t, "ok", ask())
		require.Len(t, lines.AllEntries(), 2, "said once each")
	})
}

func TestReady_DoesNotWaitForAPartThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, _ := logged()
		probes, err := handlers.NewProbes(handlers.ProbesOptions{Now: wallClock, Log: log, Parts: []handlers.Part{
			{Name: "store", Required: true, Check: func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			}},
		}})
		require.NoError(t, err)
		begun := wallClock()
		gone, leave := context.WithCancel(t.Context())
		leave() // whoever asked first has left; the answer is for the others
		readiness, err := probes.Ready(gone, handlers.ReadyRequest{})
		require.NoError(t, err)
		require.Equal(t, "unavailable", readiness.Status)
		require.Equal(t, 2*time.Second, wallClock().Sub(begun))
	})
}
