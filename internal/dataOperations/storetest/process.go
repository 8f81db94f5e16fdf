package storetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// claimerName is the variable that makes a test binary a claimer, and names it.
const claimerName = "STORETEST_CLAIMER"

// IsClaimer reports whether this process was started to claim. TestMain asks it
// first: if storetest.IsClaimer() { os.Exit(storetest.ClaimerMain(open)) }.
func IsClaimer() bool { return os.Getenv(claimerName) != "" }

// ClaimerMain claims and records as sent, in the store that open opens (by the
// variables of Data.Env, on the real clock), until standard input ends. It tells
// each claim on standard output, as "claimed ID WINDOW", and returns the process's
// exit code.
func ClaimerMain(open func(ctx context.Context) (dataoperations.Store, error)) int {
	if err := claimUntilToldToStop(open, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func claimUntilToldToStop(open func(ctx context.Context) (dataoperations.Store, error), in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	store, err := open(ctx)
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		_, _ = io.Copy(io.Discard, in)
	}()
	for last := false; ; {
		if err := claimAndTell(ctx, store, out); err != nil {
			return err
		}
		if last {
			return store.Close() //nolint:wrapcheck // the caller prints it.
		}
		select {
		case <-stop:
			last = true // one more look, for what may not be there
		default:
		}
	}
}

// claimAndTell claims once, tells it, and records it as sent.
func claimAndTell(ctx context.Context, store dataoperations.Store, out io.Writer) error {
	owner := os.Getenv(claimerName)
	result, err := store.Claim(ctx, dataoperations.ClaimRequest{Owner: owner, Lease: lease, Max: 25})
	if err != nil {
		return err //nolint:wrapcheck // the caller prints it.
	}
	outcomes := make([]models.Outcome, 0, len(result.Claimed))
	for _, one := range result.Claimed {
		if _, err := fmt.Fprintln(out, "claimed", one.ID.Text, one.Window); err != nil {
			return fmt.Errorf("tell a claim: %w", err)
		}
		outcomes = append(outcomes, models.Outcome{
			ID: one.ID, ClaimID: one.ClaimID, Result: models.ResultSent, At: store.Now(),
			Attempt: models.Attempt{Number: one.Attempt, StartedAt: store.Now(), StatusCode: 202, Replica: owner},
		})
	}
	applied, err := store.Record(ctx, outcomes)
	for _, one := range applied {
		if !one {
			return fmt.Errorf("%s: a standing claim's record did not apply", owner)
		}
	}
	return err //nolint:wrapcheck // the caller prints it.
}

func processTests() []test {
	return []test{
		{"three processes send every message once", func(s *scene) {
			s.processes(s.suite.Messages, models.Pace{Interval: interval})
		}},
		{"three processes together never exceed the windows", func(s *scene) {
			n := min(s.suite.Messages, 200)
			s.processes(n, models.Pace{Interval: 100 * time.Millisecond, PerWindow: n / 10})
		}},
	}
}

// processes lets three claimer processes loose on n messages and demands that
// each was claimed once, and no window overdrawn.
func (s *scene) processes(n int, pace models.Pace) {
	s.t.Helper()
	store := s.data.Open(s.t, s.suite.Now)
	require.NoError(s.t, store.Configure(s.t.Context(), pace))
	s.accept(n)
	s.start()

	ctx, cancel := context.WithTimeout(s.t.Context(), s.suite.Patience)
	defer cancel()
	l, all := newLedger(), make(chan struct{})
	var once sync.Once
	tell := func(id string, window int64) {
		if l.add(id, window) == n {
			once.Do(func() { close(all) })
		}
	}
	var running []*claimer
	for i := range 3 {
		running = append(running, s.startClaimer(ctx, fmt.Sprintf("claimer-%d", i+1), tell))
	}
	select {
	case <-all:
	case <-ctx.Done():
	}
	for _, claimer := range running {
		claimer.stop(s.t)
	}
	l.requireOnce(s.t, n)
	if pace.PerWindow > 0 {
		l.requireWithin(s.t, pace.PerWindow)
	}
	s.requireCounts(models.Counts{models.StatusSent: int64(n)})
}

// claimer is one process that claims.
type claimer struct {
	command *exec.Cmd
	stdin   io.Closer
	errors  *strings.Builder
	read    chan struct{} // closed once all that it told was read
}

// startClaimer starts this test binary as a claimer, which tells its claims.
func (s *scene) startClaimer(ctx context.Context, name string, tell func(id string, window int64)) *claimer {
	s.t.Helper()
	command := exec.CommandContext(ctx, os.Args[0], "-test.run=^$") //nolint:gosec // it is this very binary.
	command.Env = append(append(os.Environ(), s.data.Env()...), claimerName+"="+name)
	c := &claimer{command: command, errors: &strings.Builder{}, read: make(chan struct{})}
	command.Stderr = c.errors
	var err error
	c.stdin, err = command.StdinPipe()
	require.NoError(s.t, err)
	stdout, err := command.StdoutPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, command.Start())
	go func() {
		defer close(c.read)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if len(fields) != 3 || fields[0] != "claimed" {
				continue
			}
			window, err := strconv.ParseInt(fields[2], 10, 64)
			if err == nil {
				tell(fields[1], window)
			}
		}
	}()
	return c
}

// stop lets the process look once more, and demands that it ended well.
func (c *claimer) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, c.stdin.Close())
	<-c.read
	require.NoError(t, c.command.Wait(), "a claimer failed: %s", c.errors)
}
