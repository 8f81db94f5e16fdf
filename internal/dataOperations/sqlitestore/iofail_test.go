package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dataOperations/storetest"
	"auto-message-sender/internal/models"
)

// failingName is the variable that makes this binary a process whose disk fails
// for a while.
const failingName = "SQLITESTORE_TEST_FAILING"

// fileLimit lets no file of this process grow beyond size; writing further is an
// error of the system, which SQLite takes for a disk that fails.
func fileLimit(size uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return fmt.Errorf("get the limit: %w", err)
	}
	limit.Cur = min(size, limit.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit) //nolint:wrapcheck // it says what it is.
}

// liveWithAFailingDisk meets writes that fail at each step, and then a disk that
// works again. It returns what was not as promised.
func liveWithAFailingDisk(ctx context.Context, dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	store, err := open(ctx, dir, realTime)
	if err != nil {
		return err
	}
	_, starting := store.Start(ctx, models.SchedulerLog{ID: "start"})
	if err := errors.Join(store.Configure(ctx, models.Pace{Interval: time.Minute}), starting,
		store.Accept(ctx, messages(1, 10, store.Now())...)); err != nil {
		return err
	}
	result, err := store.Claim(ctx, request(3))
	if err != nil || len(result.Claimed) != 3 {
		return fmt.Errorf("claimed %d: %w", len(result.Claimed), err)
	}
	sqlitestore.WaitForBackground(store)
	wal, err := os.Stat(filepath.Join(dir, sqlitestore.FileName+"-wal")) //nolint:gosec // the test's own directory
	if err != nil {
		return fmt.Errorf("find the WAL: %w", err)
	}
	if err := fileLimit(uint64(wal.Size())); err != nil { //nolint:gosec // a size
		return err
	}
	for range 2 {
		_, claiming := store.Claim(ctx, request(3))
		_, recording := store.Record(ctx, outcomes(result.Claimed, store.Now()))
		_, stopping := store.Stop(ctx, models.SchedulerLog{ID: "stop"})
		for doing, err := range map[string]error{
			"accept": store.Accept(ctx, messages(100, 100, store.Now())...), "claim": claiming, "record": recording,
			"give back": store.GiveBack(ctx, []models.Claim{result.Claimed[0].Claim}), "stop": stopping, "ping": store.Ping(ctx),
		} {
			if models.KindOf(err) != models.KindUnavailable {
				return fmt.Errorf("%s on a failing disk is %w", doing, err)
			}
		}
	}
	if err := fileLimit(1 << 40); err != nil {
		return err
	}
	applied, recording := store.Record(ctx, outcomes(result.Claimed, store.Now()))
	if slices.Contains(applied, false) {
		recording = errors.Join(recording, errors.New("an outcome of a claim that stands was not recorded"))
	}
	return errors.Join(store.Ping(ctx), recording, store.Accept(ctx, messages(100, 100, store.Now())...), store.Close())
}

func TestStore_ADiskThatFailsForAWhileLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	dir := directory{t.TempDir()}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$") //nolint:gosec // it is this very binary.
	command.Env = append(os.Environ(), failingName+"=1", dirName+"="+dir.dir)
	told, err := command.CombinedOutput()
	require.NoError(t, err, "%s", told)

	clock := storetest.NewClock()
	store := openIn(t, dir, clock)
	requireCounts(t, store, models.Counts{models.StatusPending: 107, models.StatusSent: 3})
	state, err := store.Scheduler(t.Context())
	require.NoError(t, err)
	require.True(t, state.Running)
	requireWhole(t, store, dir, clock)
}
