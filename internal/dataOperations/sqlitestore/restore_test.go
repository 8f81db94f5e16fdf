package sqlitestore_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dataOperations/storetest"
	"auto-message-sender/internal/e2e/program"
	"auto-message-sender/internal/models"
)

// notInWALMode are the ways to get a store's file that is not in WAL mode: given one
// that is closed, they put theirs in its place.
func notInWALMode() map[string]func(t *testing.T, dir, path string) {
	return map[string]func(t *testing.T, dir, path string){
		"a backup": func(t *testing.T, dir, path string) {
			t.Helper()
			made, err := sqlitestore.Backup(t.Context(), optionsOf(dir), t.TempDir())
			require.NoError(t, err)
			require.NoError(t, os.Remove(path))
			require.NoError(t, os.Rename(made.Path, path))
		},
		"by hand": func(t *testing.T, _, path string) {
			t.Helper()
			sqlite(t, path, `PRAGMA journal_mode = DELETE`)
		},
		"with a journal that stays": func(t *testing.T, _, path string) {
			t.Helper()
			sqlite(t, path, `PRAGMA journal_mode = DELETE`, `PRAGMA journal_mode = PERSIST`, `CREATE TABLE a (b)`, `DROP TABLE a`)
		},
	}
}

// closedWith3 returns the directory of a closed store of three messages whose file is
// not in WAL mode.
func closedWith3(t *testing.T, put func(t *testing.T, dir, path string)) (dir directory, clock *storetest.Clock) {
	t.Helper()
	store, dir, clock := setup(t)
	require.NoError(t, store.Accept(t.Context(), messages(1, 3, clock.Now())...))
	require.NoError(t, store.Close())
	path := filepath.Join(dir.dir, sqlitestore.FileName)
	put(t, dir.dir, path)
	var mode string
	require.NoError(t, readOne(t, path, "PRAGMA journal_mode", &mode))
	require.Equal(t, "delete", mode, "the header knows of WAL, or of none")
	return dir, clock
}

func TestOpen_AFileThatIsNotInWALModeIsWrittenAtOnceAndNothingIsWrong(t *testing.T) {
	t.Parallel()
	for name, put := range notInWALMode() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, clock := closedWith3(t, put)
			told := new(program.Output)
			store := openTold(t, dir, clock, told)
			require.NoError(t, store.Accept(t.Context(), messages(100, 1, clock.Now())...))
			require.NoError(t, store.Ping(t.Context()))
			requireCounts(t, store, models.Counts{models.StatusPending: 4})
			mode, err := sqlitestore.Setting(t.Context(), store, "journal_mode")
			require.NoError(t, err)
			require.Equal(t, "wal", mode)
			sqlitestore.WaitForBackground(store)
			require.NotRegexp(t, "level=(warn|error)", told.String())
		})
	}
}

func TestPlace_TheWALThatARestoredFileGotIsWatchedLikeAnyOther(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		t.Run(sqlitestore.FileName+suffix, func(t *testing.T) {
			t.Parallel()
			dir, clock := closedWith3(t, notInWALMode()["a backup"])
			store := openIn(t, dir, clock)
			require.NoError(t, os.Remove(filepath.Join(dir.dir, sqlitestore.FileName+suffix)))
			requireMisplaced(t, store.Accept(t.Context(), messages(100, 1, clock.Now())...))
		})
	}
}

func TestOpen_ManyAtOnceOnARestoredFileShareIt(t *testing.T) {
	t.Parallel()
	dir, clock := closedWith3(t, notInWALMode()["a backup"])
	stores, failures := make([]*sqlitestore.Store, 4), make([]error, 4)
	var openers sync.WaitGroup
	for i := range stores {
		openers.Go(func() { stores[i], failures[i] = open(t.Context(), dir.dir, clock.Now) })
	}
	openers.Wait()
	for i, store := range stores {
		require.NoError(t, failures[i])
		require.NoError(t, store.Accept(t.Context(), messages(100+i, 1, clock.Now())...))
	}
	requireCounts(t, stores[0], models.Counts{models.StatusPending: 7})
	for _, store := range stores {
		require.NoError(t, store.Close())
	}
}
