package sqlitestore_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dataOperations/storetest"
	"auto-message-sender/internal/models"
)

func TestStore_KeepsEveryPromise(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Suite{
		New:      func(t *testing.T) storetest.Data { t.Helper(); return directory{t.TempDir()} },
		Now:      realTime,
		Messages: 5000,
		Archive:  openArchive,
	})
}

// openArchive opens the data as an archive.
func openArchive(t *testing.T, data storetest.Data, now func() time.Time) (archive dataoperations.Archive, end func()) {
	t.Helper()
	known, ok := data.(directory)
	require.True(t, ok)
	opened, err := sqlitestore.OpenArchive(t.Context(), sqlitestore.Options{Dir: known.dir, Now: now, NewID: uuid.NewString, Log: quiet()}, false)
	require.NoError(t, err)
	end = sync.OnceFunc(func() { require.NoError(t, opened.Close()) })
	t.Cleanup(end)
	return opened, end
}

// realTime is the machine's clock.
func realTime() time.Time {
	return time.Now() //nolint:forbidigo // processes share no other clock.
}

// quiet is a log that goes nowhere.
func quiet() *logrus.Logger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return log
}

// open opens a store in dir.
func open(ctx context.Context, dir string, now func() time.Time) (*sqlitestore.Store, error) {
	store, err := sqlitestore.Open(ctx, sqlitestore.Options{Dir: dir, Now: now, NewID: uuid.NewString, Log: quiet()})
	if err != nil {
		return nil, fmt.Errorf("open a store: %w", err)
	}
	return store, nil
}

// directory is the data of one test.
type directory struct{ dir string }

func (d directory) Open(t *testing.T, now func() time.Time) dataoperations.Store {
	t.Helper()
	store, err := open(t.Context(), d.dir, now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

func (d directory) Env() []string { return []string{dirName + "=" + d.dir} }

func (d directory) InsertByHand(t *testing.T, fields map[string]any) {
	t.Helper()
	var columns, marks []string
	var values []any
	for name, value := range fields {
		columns, marks, values = append(columns, column(name)), append(marks, "?"), append(values, byHand(value))
	}
	d.shell(t, `INSERT INTO messages (`+strings.Join(columns, ", ")+`) VALUES (`+strings.Join(marks, ", ")+`)`, values...)
}

func (d directory) UpdateByHand(t *testing.T, id string, fields map[string]any) {
	t.Helper()
	var sets []string
	var values []any
	for name, value := range fields {
		sets, values = append(sets, column(name)+" = ?"), append(values, byHand(value))
	}
	d.shell(t, `UPDATE messages SET `+strings.Join(sets, ", ")+` WHERE id = ?`, append(values, id)...)
}

func (d directory) SetPaceByHand(t *testing.T, pace models.Pace) {
	t.Helper()
	d.shell(t, `UPDATE scheduler SET interval_ms = ?, per_window = ?`, pace.Interval.Milliseconds(), pace.PerWindow)
}

// shell does what a person with the sqlite3 shell would, beside the store.
func (d directory) shell(t *testing.T, statement string, args ...any) {
	t.Helper()
	require.NoError(t, d.try(t, statement, args...))
}

// try is shell for what may be refused.
func (d directory) try(t *testing.T, statement string, args ...any) error {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(d.dir, sqlitestore.FileName)+"?_pragma=busy_timeout(10000)")
	require.NoError(t, err)
	_, refused := db.ExecContext(t.Context(), statement, args...)
	require.NoError(t, db.Close())
	return refused //nolint:wrapcheck // it goes straight to require.
}

// column returns the column of a field of the reference's documents.
func column(name string) string {
	if name == "_id" {
		name = "id"
	}
	return `"` + name + `"`
}

// byHand returns a value as a person would write it.
func byHand(value any) any {
	if at, ok := value.(time.Time); ok {
		return at.UnixMilli()
	}
	return value
}
