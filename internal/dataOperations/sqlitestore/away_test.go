package sqlitestore_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

// crampedName is the variable that makes this binary a process that opens the
// store in dirName and cannot make the file beside it.
const crampedName = "SQLITESTORE_TEST_CRAMPED"

// openWithoutSpace opens a store where no file can grow to 16 KiB: the file is
// there, the -shm beside it finds no space, as on a full disk. It tells what came
// of it on out.
func openWithoutSpace(ctx context.Context, dir string, out io.Writer) int {
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 16 << 10, Max: 16 << 10}); err != nil {
		_, _ = fmt.Fprintln(out, err)
		return 1
	}
	_, err := open(ctx, dir, realTime)
	_, _ = fmt.Fprintln(out, models.KindOf(err) == models.KindUnavailable, err)
	return 0
}

func TestOpen_AFullDiskIsUnavailableAndSaidToBeFull(t *testing.T) {
	t.Parallel()
	store, dir, _ := setup(t)
	require.NoError(t, store.Close())
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$") //nolint:gosec // it is this very binary.
	command.Env = append(os.Environ(), crampedName+"=1", dirName+"="+dir.dir)
	told, err := command.CombinedOutput()
	require.NoError(t, err, "%s", told)
	require.Regexp(t, `^true .*the store is full`, string(told))
}

func TestOpen_AFileThatAnotherProgramHoldsIsUnavailable(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits some seconds for the lock")
	}
	store, dir, _ := setup(t)
	require.NoError(t, store.Close())
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir.dir, sqlitestore.FileName)+"?_pragma=locking_mode(EXCLUSIVE)")
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(t.Context(), `UPDATE counts SET recounts = recounts`)
	require.NoError(t, err)
	_, err = open(t.Context(), dir.dir, realTime)
	require.Equal(t, models.KindUnavailable, models.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "another process holds")
	require.NoError(t, db.Close())
}

func TestOpen_ATruncatedFileIsSaidToBeDamagedOnce(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{100, 4096, 61440} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			store, dir, _ := setup(t)
			require.NoError(t, store.Close())
			require.NoError(t, os.Truncate(filepath.Join(dir.dir, sqlitestore.FileName), size))
			_, err := open(t.Context(), dir.dir, realTime)
			require.Equal(t, models.KindCorrupt, models.KindOf(err), "%v", err)
			require.ErrorContains(t, err, "the store's file is damaged")
			require.NotContains(t, err.Error(), "not an SQLite file")
			require.Equal(t, 1, strings.Count(err.Error(), "malformed"), "%v", err)
		})
	}
}

// A crash during a checkpoint may leave a first page that tells of more pages than
// have been written. The WAL still has them.
func TestOpen_ACheckpointCutOffIsCompletedFromTheWAL(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	require.NoError(t, store.Accept(t.Context(), messages(1, 500, clock.Now())...))
	before := contents(t, dir.dir)
	require.NoError(t, store.Close())
	after := contents(t, dir.dir)
	require.Greater(t, len(after[sqlitestore.FileName]), len(before[sqlitestore.FileName]))

	crashed := directory{t.TempDir()}
	file := after[sqlitestore.FileName][:4096] + before[sqlitestore.FileName][4096:]
	path := filepath.Join(crashed.dir, sqlitestore.FileName)
	require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
	require.NoError(t, os.WriteFile(path+"-wal", []byte(before[sqlitestore.FileName+"-wal"]), 0o600))
	requireCounts(t, openIn(t, crashed, clock), models.Counts{models.StatusPending: 500})
}
