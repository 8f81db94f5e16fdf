package handlers_test

import (
	"context"
	"errors"
	"sync"
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
	entered, release := make(chan struct{}, 100), make(chan struct{})
	log, _ := logged()
	probes, err := handlers.NewProbes(handlers.ProbesOptions{Now: wallClock, Log: log, Parts: []handlers.Part{
		{Name: "store", Required: true, Check: func(context.Context) error {
			entered <- struct{}{}
			<-release
			return nil
		}},
	}})
	require.NoError(t, err)
	var askers sync.WaitGroup
	for range 100 {
		askers.Go(func() { _, _ = probes.Ready(t.Context(), handlers.ReadyRequest{}) })
	}
	<-entered
	close(release)
	askers.Wait()
	// On a machine that stalls for half a second there may be one more.
	require.LessOrEqual(t, len(entered), 2, "one check is for all")
}

func TestReady_AsksAgainSoonAndSaysWhatChanged(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	checks := 0
	var failure error
	log, lines := logged()
	probes, err := handlers.NewProbes(handlers.ProbesOptions{Now: func() time.Time { return now }, Log: log, Parts: []handlers.Part{
		{Name: "store", Required: true, Check: func(context.Context) error {
			checks++
			return failure
		}},
	}})
	require.NoError(t, err)
	for _, step := range []struct {
		later   time.Duration
		failure error
		want    string
		checks  int
	}{
		{0, nil, "ok", 1},
		{499 * time.Millisecond, errors.New("gone"), "ok", 1},
		{time.Millisecond, errors.New("gone"), "unavailable", 2},
		{time.Second, errors.New("gone"), "unavailable", 3},
		{time.Second, nil, "ok", 4},
		{time.Second, nil, "ok", 5},
	} {
		now, failure = now.Add(step.later), step.failure
		readiness, err := probes.Ready(t.Context(), handlers.ReadyRequest{})
		require.NoError(t, err)
		require.Equal(t, step.want, readiness.Status)
		require.Equal(t, step.checks, checks)
	}
	require.Len(t, lines.AllEntries(), 2, "that it went, and that it came back")
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
