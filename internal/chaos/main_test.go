package chaos_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/internal/e2e/program"
)

// patience is how long a test waits for what must come.
const patience = 150 * time.Second

// binary and faulty build the program once for all tests: as it is released, and
// with the tag faults. CHAOS_RACE=1 builds both with the race detector.
var (
	binary = sync.OnceValues(func() (string, error) { return build("nomsgpack") })        //nolint:gochecknoglobals // built once, removed by TestMain
	faulty = sync.OnceValues(func() (string, error) { return build("nomsgpack,faults") }) //nolint:gochecknoglobals // likewise
)

func build(tags string) (string, error) {
	dir, err := os.MkdirTemp(os.Getenv("CHAOS_DIR"), "build-")
	if err != nil {
		return "", fmt.Errorf("make a directory: %w", err)
	}
	path, err := program.Build(context.Background(), dir, tags, os.Getenv("CHAOS_RACE") != "")
	if err != nil {
		return "", fmt.Errorf("with the tags %s: %w", tags, err)
	}
	return path, nil
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

// run lets more tests run side by side than there are processors: most of the
// time they wait for a lease to end.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ams-chaos-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for name, set := range map[string]func(name, value string) error{"CHAOS_DIR": os.Setenv, "test.parallel": flag.Set} {
		value := map[string]string{"CHAOS_DIR": dir, "test.parallel": "6"}[name]
		if err := set(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	code := m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// number reads a size from the environment.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	return n
}

// span reads a duration from the environment.
func span(t *testing.T, name string, otherwise time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	require.NoError(t, err, name)
	return d
}

// seed returns CHAOS_SEED, or another one each time, and says which: the same seed
// makes the same decisions. What the processes make of them depends on the moment
// all the same.
func seed(t *testing.T) uint64 {
	t.Helper()
	chosen := rand.Uint64() //nolint:gosec // faults, not secrets
	if text := os.Getenv("CHAOS_SEED"); text != "" {
		var err error
		chosen, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, "CHAOS_SEED")
	}
	t.Logf("CHAOS_SEED=%d replays what this run decides", chosen)
	return chosen
}

// dice returns the decisions of one actor, independent of how many others there are.
func dice(seed, actor uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, actor)) //nolint:gosec // faults, not secrets
}

// moment is the real time: of real processes.
func moment() time.Time { return time.Now() } //nolint:forbidigo // real processes, real time

// pause waits between two faults.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
