package sqlitestore_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dataOperations/storetest"
	"auto-message-sender/internal/models"
)

func TestOpen_MakesDirectoryAndFileForTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "not", "yet ? there # 100%")
	store, err := open(t.Context(), dir, realTime)
	require.NoError(t, err)
	require.NoError(t, store.Accept(t.Context(), messages(1, 1, store.Now())...))
	for name, mode := range map[string]os.FileMode{"": 0o700, "messages.db": 0o600, "messages.db-wal": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}
	require.NoError(t, store.Close())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "closed, there is one file")
}

func TestOpen_RefusesAWrongFileAndLeavesItAsItWas(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		make   func(t *testing.T, path string)
		reason string
	}{
		{"an empty file beside a WAL", func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.WriteFile(path, nil, 0o600))
			require.NoError(t, os.WriteFile(path+"-wal", []byte("messages, perhaps"), 0o600))
		}, "move messages.db-wal"},
		{"a text", func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.WriteFile(path, []byte("to,content\n+905551111111,hi\n"), 0o600))
		}, "not an SQLite file"},
		{"a few bytes", func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.WriteFile(path, []byte("SQLite"), 0o600))
		}, "not an SQLite file"},
		{"another program's database", func(t *testing.T, path string) {
			t.Helper()
			sqlite(t, path, `CREATE TABLE messages (id TEXT)`)
		}, "some other program's"},
		{"another program's database with an unfinished WAL", func(t *testing.T, path string) {
			t.Helper()
			unfinished(t, path, `PRAGMA journal_mode = WAL`, `CREATE TABLE a (b)`, `INSERT INTO a VALUES (1)`)
		}, "some other program's"},
		{"a newer version's", func(t *testing.T, path string) {
			t.Helper()
			sqlite(t, path, `PRAGMA application_id = `+strconv.Itoa(sqlitestore.ApplicationID),
				`PRAGMA user_version = `+strconv.Itoa(sqlitestore.SchemaVersion+1), `CREATE TABLE messages (id TEXT)`)
		}, "newer version"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			test.make(t, filepath.Join(dir, sqlitestore.FileName))
			before := contents(t, dir)
			_, err := open(t.Context(), dir, realTime)
			require.Equal(t, models.KindCorrupt, models.KindOf(err), "%v", err)
			require.ErrorContains(t, err, test.reason)
			require.Equal(t, before, contents(t, dir))
		})
	}
}

func TestOpen_FillsAnEmptyFileAlsoByManyAtOnce(t *testing.T) {
	t.Parallel()
	dir, clock := directory{t.TempDir()}, storetest.NewClock()
	path := filepath.Join(dir.dir, sqlitestore.FileName)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	before, err := os.Stat(path)
	require.NoError(t, err)
	stores, failures := make([]*sqlitestore.Store, 4), make([]error, 4)
	var openers sync.WaitGroup
	for i := range stores {
		openers.Go(func() { stores[i], failures[i] = open(t.Context(), dir.dir, clock.Now) })
	}
	openers.Wait()
	for i, store := range stores {
		require.NoError(t, failures[i])
		require.NoError(t, store.Accept(t.Context(), messages(i, 1, clock.Now())...))
	}
	requireCounts(t, stores[0], models.Counts{models.StatusPending: 4})
	after, err := os.Stat(path)
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after), "it may be mounted")
	for _, store := range stores {
		require.NoError(t, store.Close())
	}
}

// What a crash leaves of an empty file that was being filled: it is marked, and no more.
func TestOpen_GoesOnWithAFileThatWasBegun(t *testing.T) {
	t.Parallel()
	dir := directory{t.TempDir()}
	sqlite(t, filepath.Join(dir.dir, sqlitestore.FileName), `PRAGMA application_id = `+strconv.Itoa(sqlitestore.ApplicationID))
	requireCounts(t, openIn(t, dir, storetest.NewClock()), models.Counts{})
}

func TestOpen_RefusesADirectoryInPlaceOfTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, sqlitestore.FileName), 0o700))
	_, err := open(t.Context(), dir, realTime)
	require.ErrorContains(t, err, "no regular file")
}

// Waiting would not help: a person has to do something.
func TestOpen_ADirectoryThatCannotBeUsedIsRefusedAndNotWaitedFor(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	locked := filepath.Join(t.TempDir(), "locked")
	require.NoError(t, os.Mkdir(locked, 0o500))
	dirs := map[string]string{"a file": file, "below a file": filepath.Join(file, "data")}
	if os.Geteuid() != 0 { // root may write anywhere
		dirs["no permission"], dirs["no permission below"] = locked, filepath.Join(locked, "data")
	}
	for name, dir := range dirs {
		_, err := open(t.Context(), dir, realTime)
		require.Error(t, err, name)
		require.Zero(t, models.KindOf(err), name)
		require.ErrorContains(t, err, "DATA_DIR", name)
	}
	for cause, kind := range map[error]models.ErrorKind{
		syscall.EACCES: 0, syscall.EPERM: 0, syscall.EROFS: 0, syscall.ENOTDIR: 0,
		syscall.ENOSPC: models.KindUnavailable, syscall.EIO: models.KindUnavailable, syscall.EMFILE: models.KindUnavailable,
	} {
		require.Equal(t, kind, models.KindOf(sqlitestore.Unusable(&fs.PathError{Op: "mkdir", Path: "data", Err: cause})), cause)
	}
}

func TestOpen_SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Now: realTime})
	require.ErrorContains(t, err, "directory")
	_, err = sqlitestore.Open(t.Context(), sqlitestore.Options{Dir: t.TempDir()})
	require.ErrorContains(t, err, "clock")
}

func TestOpen_ManyAtOnceOnAnEmptyDirectoryShareOneFile(t *testing.T) {
	t.Parallel()
	dir, clock := t.TempDir(), storetest.NewClock()
	stores, failures := make([]*sqlitestore.Store, 8), make([]error, 8)
	var openers sync.WaitGroup
	for i := range stores {
		openers.Go(func() { stores[i], failures[i] = open(t.Context(), dir, clock.Now) })
	}
	openers.Wait()
	for i, store := range stores {
		require.NoError(t, failures[i])
		require.NoError(t, store.Accept(t.Context(), messages(i, 1, clock.Now())...))
	}
	for _, store := range stores {
		counts, err := store.Counts(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 8, counts[models.StatusPending], "a store has a file of its own")
	}
	for _, store := range stores {
		require.NoError(t, store.Close())
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "something was left lying about")
}

func TestOpen_TheFirstOnesFileIsNotReplacedByASlowerOnes(t *testing.T) {
	t.Parallel()
	dir := directory{t.TempDir()}
	clock := storetest.NewClock()
	foundEmpty, firstIsOpen := make(chan struct{}), make(chan struct{})
	slower := make(chan *sqlitestore.Store, 1)
	go func() {
		// The name of the file in the making is asked for when there was none yet.
		newID := func() string {
			close(foundEmpty)
			<-firstIsOpen
			return uuid.NewString()
		}
		store, _ := sqlitestore.Open(t.Context(), sqlitestore.Options{Dir: dir.dir, Now: clock.Now, NewID: newID, Log: quiet()})
		slower <- store
	}()
	<-foundEmpty
	first := openIn(t, dir, clock)
	require.NoError(t, first.Accept(t.Context(), messages(1, 1, clock.Now())...))
	close(firstIsOpen)
	second := <-slower
	require.NotNil(t, second)
	_, err := second.Message(t.Context(), messages(1, 1, clock.Now())[0].ID.Text)
	require.NoError(t, err)
	require.NoError(t, first.Ping(t.Context()), "its file was replaced")
	require.NoError(t, second.Close())
}

func TestOpen_WritesAreOnTheDiskWhenTheyReturn(t *testing.T) {
	t.Parallel()
	store, _, _ := setup(t)
	for pragma, expected := range map[string]any{"journal_mode": "wal", "synchronous": int64(2), "user_version": int64(sqlitestore.SchemaVersion)} {
		value, err := sqlitestore.Setting(t.Context(), store, pragma)
		require.NoError(t, err)
		require.Equal(t, expected, value, pragma)
	}
}

func TestClose_TwiceIsOnceAndThenNothingWorks(t *testing.T) {
	t.Parallel()
	store, _, _ := setup(t)
	require.NoError(t, store.Close())
	require.NoError(t, store.Close())
	require.Equal(t, models.KindUnavailable, models.KindOf(store.Accept(t.Context(), messages(1, 1, store.Now())...)))
	require.Error(t, store.Ping(t.Context()))
}

// readOne reads one value of a file that no store has open.
func readOne(t *testing.T, path, query string, into any) error {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	return errors.Join(db.QueryRowContext(t.Context(), query).Scan(into), db.Close())
}

// sqlite runs statements on a file as another program would.
func sqlite(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	for _, statement := range statements {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
}

// unfinished leaves at path what a program leaves that was killed: a copy of its
// files while it runs.
func unfinished(t *testing.T, path string, statements ...string) {
	t.Helper()
	live := filepath.Join(t.TempDir(), "live.db")
	db, err := sql.Open("sqlite", live)
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	for _, statement := range statements {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	for _, suffix := range []string{"", "-wal"} {
		bytes, err := os.ReadFile(live + suffix) //nolint:gosec // a file of this test.
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path+suffix, bytes, 0o600)) //nolint:gosec // a file of this test.
	}
	require.NoError(t, db.Close())
}

// contents returns the files in dir.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	files := map[string]string{}
	for _, entry := range entries {
		bytes, err := os.ReadFile(filepath.Join(dir, entry.Name())) //nolint:gosec // a file of this test.
		require.NoError(t, err)
		files[entry.Name()] = string(bytes)
	}
	return files
}
