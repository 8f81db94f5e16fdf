package sqlitestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dataOperations/storetest"
	"auto-message-sender/internal/e2e/program"
	"auto-message-sender/internal/models"
)

// misplacements are what people and programs do to the files of an open store.
func misplacements() map[string]func(t *testing.T, path string) {
	return map[string]func(t *testing.T, path string){
		"removed":            func(t *testing.T, path string) { t.Helper(); require.NoError(t, os.Remove(path)) },
		"renamed":            func(t *testing.T, path string) { t.Helper(); require.NoError(t, os.Rename(path, path+".old")) },
		"its WAL is removed": func(t *testing.T, path string) { t.Helper(); require.NoError(t, os.Remove(path+"-wal")) },
		"its -shm is removed": func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.Remove(path+"-shm"))
		},
		"all is removed": func(t *testing.T, path string) {
			t.Helper()
			for _, suffix := range []string{"", "-wal", "-shm"} {
				require.NoError(t, os.Remove(path+suffix))
			}
		},
		"another store is moved in": func(t *testing.T, path string) {
			t.Helper()
			_, other, _ := setup(t)
			require.NoError(t, os.Rename(filepath.Join(other.dir, sqlitestore.FileName), path))
		},
		"no store is moved in": func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.WriteFile(path+".new", []byte("from,a,backup\n"), 0o600))
			require.NoError(t, os.Rename(path+".new", path))
		},
	}
}

func TestPlace_NothingIsAcceptedOrSentOnceAFileIsNotWhereItWas(t *testing.T) {
	t.Parallel()
	for name, misplace := range misplacements() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, clock, told := directory{t.TempDir()}, storetest.NewClock(), new(program.Output)
			store := openTold(t, dir, clock, told)
			require.NoError(t, store.Configure(t.Context(), models.Pace{Interval: time.Minute}))
			_, err := store.Start(t.Context(), models.SchedulerLog{ID: "start"})
			require.NoError(t, err)
			require.NoError(t, store.Accept(t.Context(), messages(1, 10, clock.Now())...))
			result, err := store.Claim(t.Context(), request(3))
			require.NoError(t, err)
			require.Len(t, result.Claimed, 3)
			sqlitestore.WaitForBackground(store)
			misplace(t, filepath.Join(dir.dir, sqlitestore.FileName))

			for range 2 {
				requireMisplaced(t, store.Accept(t.Context(), messages(100, 1, clock.Now())...))
				claimed, err := store.Claim(t.Context(), request(3))
				requireMisplaced(t, err)
				require.Empty(t, claimed.Claimed)
				_, err = store.Record(t.Context(), outcomes(result.Claimed, clock.Now()))
				requireMisplaced(t, err)
				_, err = store.Stop(t.Context(), models.SchedulerLog{})
				require.Error(t, err)
				requireMisplaced(t, store.Ping(t.Context()))
			}
			require.Equal(t, 1, strings.Count(told.String(), "level=error"), told.String())
			require.Contains(t, told.String(), "removed or replaced")
		})
	}
}

// The file goes between the look before an operation and its commit.
func TestPlace_WhatIsCommittedIntoAFileThatIsGoneIsNotAnswered(t *testing.T) {
	t.Parallel()
	for name, misplace := range misplacements() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, dir, clock := setup(t)
			require.NoError(t, store.Accept(t.Context(), messages(1, 10, clock.Now())...))
			release := block(t, store)
			accepted := queue(t, store, func() error { return store.Accept(t.Context(), messages(100, 1, clock.Now())...) })
			claimed := queue(t, store, func() error {
				result, err := store.Claim(t.Context(), request(3))
				if len(result.Claimed) > 0 {
					return errors.New("messages were handed out")
				}
				return err //nolint:wrapcheck // it goes straight to require.
			})
			misplace(t, filepath.Join(dir.dir, sqlitestore.FileName))
			release()
			requireMisplaced(t, <-accepted)
			requireMisplaced(t, <-claimed)
		})
	}
}

func TestPlace_AFileThatIsPutBackIsGoneOnWith(t *testing.T) {
	t.Parallel()
	dir, clock, told := directory{t.TempDir()}, storetest.NewClock(), new(program.Output)
	store := openTold(t, dir, clock, told)
	require.NoError(t, store.Accept(t.Context(), messages(1, 10, clock.Now())...))
	path := filepath.Join(dir.dir, sqlitestore.FileName)
	require.NoError(t, os.Rename(path, path+".old"))
	requireMisplaced(t, store.Accept(t.Context(), messages(100, 1, clock.Now())...))
	require.NoError(t, os.Rename(path+".old", path))
	require.NoError(t, store.Ping(t.Context()))
	require.NoError(t, store.Accept(t.Context(), messages(200, 1, clock.Now())...))
	requireCounts(t, store, models.Counts{models.StatusPending: 11})
	require.Equal(t, 1, strings.Count(told.String(), "in its place again"))
}

// After a failure of the disk the writer opens its connection anew, by the name.
func TestPlace_AConnectionOpenedAnewDoesNotTakeAnotherFileForItsOwn(t *testing.T) {
	t.Parallel()
	store, dir, _ := setup(t)
	require.NoError(t, sqlitestore.OpenWriter(t.Context(), store))
	misplacements()["another store is moved in"](t, filepath.Join(dir.dir, sqlitestore.FileName))
	requireMisplaced(t, sqlitestore.OpenWriter(t.Context(), store))
	_, err := store.Counts(t.Context())
	requireMisplaced(t, err)
}

// SQLite removes the WAL by its name when the last connection closes, but not where
// the file is not in its place.
func TestClose_OutOfItsPlaceLeavesAnotherStoresFilesAlone(t *testing.T) {
	t.Parallel()
	dir, clock := directory{t.TempDir()}, storetest.NewClock()
	orphan, err := open(t.Context(), dir.dir, clock.Now)
	require.NoError(t, err)
	require.NoError(t, orphan.Accept(t.Context(), messages(1, 10, clock.Now())...))
	misplacements()["all is removed"](t, filepath.Join(dir.dir, sqlitestore.FileName))

	successor := openIn(t, dir, clock)
	require.NoError(t, successor.Accept(t.Context(), messages(100, 3, clock.Now())...))
	requireMisplaced(t, orphan.Ping(t.Context()))
	require.NoError(t, orphan.Close())
	require.NoError(t, successor.Ping(t.Context()), "its files are there")
	require.NoError(t, successor.Accept(t.Context(), messages(200, 3, clock.Now())...))
	requireCounts(t, successor, models.Counts{models.StatusPending: 6})
}

func TestOpen_AWALWithoutItsFileIsNoEmptyStore(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	require.NoError(t, store.Accept(t.Context(), messages(1, 10, clock.Now())...))
	crashed := t.TempDir()
	for name, content := range contents(t, dir.dir) {
		if name != sqlitestore.FileName {
			require.NoError(t, os.WriteFile(filepath.Join(crashed, name), []byte(content), 0o600))
		}
	}
	before := contents(t, crashed)
	require.Len(t, before, 2)
	_, err := open(t.Context(), crashed, realTime)
	require.Equal(t, models.KindCorrupt, models.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "is missing, but its WAL is there")
	require.Equal(t, before, contents(t, crashed))
}

// openTold opens a store that logs to told.
func openTold(t *testing.T, dir directory, clock *storetest.Clock, told *program.Output) *sqlitestore.Store {
	t.Helper()
	log := logrus.New()
	log.SetOutput(told)
	store, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Dir: dir.dir, Now: clock.Now, NewID: uuid.NewString, Log: log})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// requireMisplaced demands the error of a file that is not in its place.
func requireMisplaced(t *testing.T, err error) {
	t.Helper()
	require.Equal(t, models.KindUnavailable, models.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "removed or replaced")
}
