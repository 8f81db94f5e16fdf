package sqlitestore_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

func optionsOf(dir string) sqlitestore.Options {
	return sqlitestore.Options{Dir: dir, Now: realTime, NewID: uuid.NewString, Log: quiet()}
}

func TestOpenArchive_HasTheFileForItself(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, err := open(t.Context(), dir, realTime)
	require.NoError(t, err)
	_, err = sqlitestore.OpenArchive(t.Context(), optionsOf(dir), false)
	require.Equal(t, models.KindConflict, models.KindOf(err))
	require.ErrorContains(t, err, "is open in another process")
	require.NoError(t, store.Accept(t.Context(), models.Message{ID: models.ID{Text: "m"}}), "nobody is disturbed")
	require.NoError(t, store.Close())

	archive, err := sqlitestore.OpenArchive(t.Context(), optionsOf(dir), false)
	require.NoError(t, err)
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = open(short, dir, realTime)
	require.Error(t, err, "and nobody comes in")
	require.NoError(t, archive.Close())
	store, err = open(t.Context(), dir, realTime)
	require.NoError(t, err)
	require.NoError(t, store.Close())
}

func TestOpenArchive_MakesAStoreOnlyWhereThatIsWanted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	_, err := sqlitestore.OpenArchive(t.Context(), optionsOf(dir), false)
	missing := new(sqlitestore.MissingError)
	require.ErrorAs(t, err, &missing)
	require.NoDirExists(t, dir)
	archive, err := sqlitestore.OpenArchive(t.Context(), optionsOf(dir), true)
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	require.FileExists(t, archive.Path())
}

func TestOpen_RefusesAStoreThatIsHalfOfAMigration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	archive, err := sqlitestore.OpenArchive(t.Context(), optionsOf(dir), true)
	require.NoError(t, err)
	require.NoError(t, archive.Begin(t.Context(), dataoperations.Migration{ID: "m", Source: "mongodb://host/x", BegunAt: realTime()}))
	require.NoError(t, archive.Close())
	_, err = open(t.Context(), dir, realTime)
	require.Equal(t, models.KindConflict, models.KindOf(err))
	require.ErrorContains(t, err, "half of a migration from mongodb://host/x")
}

// TestArchive_WhatAdoptingWouldRefuseIsAProblem: it must not become something that the
// other store takes.
func TestArchive_WhatAdoptingWouldRefuseIsAProblem(t *testing.T) {
	t.Parallel()
	d := directory{t.TempDir()}
	store, err := open(t.Context(), d.dir, realTime)
	require.NoError(t, err)
	d.InsertByHand(t, map[string]any{"_id": "fine", "to": "+905551111111", "content": "x", "created_at": "2026-01-05 10:00:00"})
	d.InsertByHand(t, map[string]any{"_id": "a word", "to": "+905551111111", "content": "x", "created_at": "yesterday"})
	d.InsertByHand(t, map[string]any{"_id": "bytes", "to": []byte("+90"), "content": "x"})
	d.InsertByHand(t, map[string]any{"_id": "priority", "to": "+90", "content": "x", "priority": 9})
	d.InsertByHand(t, map[string]any{"_id": "final", "to": []byte("+90"), "content": "x", "status": "sent"})
	require.NoError(t, store.Close())
	archive, end := openArchive(t, d, realTime)
	defer end()
	problems := map[string]int{}
	require.NoError(t, archive.Walk(t.Context(), dataoperations.CollectionMessages, func(batch dataoperations.ArchivedBatch) error {
		for _, message := range batch.Messages {
			require.Equal(t, message.ID.Text == "final", message.Inspected || message.Status == models.StatusSent, message.ID.Text)
			problems[message.ID.Text] = len(message.Problems)
		}
		return nil
	}))
	require.Equal(t, map[string]int{"fine": 0, "a word": 1, "bytes": 1, "priority": 1, "final": 0}, problems)
}

func TestBackup_OfAStoreOfAnOlderVersionIsOfThatVersion(t *testing.T) {
	t.Parallel()
	d, into := directory{t.TempDir()}, t.TempDir()
	store, err := open(t.Context(), d.dir, realTime)
	require.NoError(t, err)
	require.NoError(t, store.Accept(t.Context(), models.Message{ID: models.ID{Text: "m"}}))
	require.NoError(t, store.Close())
	d.shell(t, `DROP TABLE replicas`)
	d.shell(t, `PRAGMA user_version = 3`)
	made, err := sqlitestore.Backup(t.Context(), optionsOf(d.dir), filepath.Join(into, "b.db"))
	require.NoError(t, err)
	require.EqualValues(t, 1, made.Counts[models.StatusPending])
	require.Equal(t, "3", pragma(t, made.Path, "user_version"))
}

func TestBackup_ADamagedStoreMakesNone(t *testing.T) {
	t.Parallel()
	d, into := directory{t.TempDir()}, t.TempDir()
	store, err := open(t.Context(), d.dir, realTime)
	require.NoError(t, err)
	for i := range 300 {
		require.NoError(t, store.Accept(t.Context(), models.Message{ID: models.ID{Text: uuid.NewString()}, Content: "text", Priority: models.Priority(i % 3)}))
	}
	require.NoError(t, store.Close())
	path := filepath.Join(d.dir, sqlitestore.FileName)
	content, err := os.ReadFile(path) //nolint:gosec // the test's own
	require.NoError(t, err)
	for i := range 3000 {
		content[len(content)-4096-i] = 0xa5
	}
	require.NoError(t, os.WriteFile(path, content, 0o600)) //nolint:gosec // the test's own
	_, err = sqlitestore.Backup(t.Context(), optionsOf(d.dir), into)
	require.Equal(t, models.KindCorrupt, models.KindOf(err), "%v", err)
	left, err := os.ReadDir(into)
	require.NoError(t, err)
	require.Empty(t, left, "nor half of one")
}

func TestBackup_OfWhatTheSchemaForbidsIsNone(t *testing.T) {
	t.Parallel()
	d, into := directory{t.TempDir()}, t.TempDir()
	store, err := open(t.Context(), d.dir, realTime)
	require.NoError(t, err)
	require.NoError(t, store.Close())
	d.shell(t, `PRAGMA ignore_check_constraints = 1; INSERT INTO messages (id, status) VALUES ('m', 'odd')`)
	_, err = sqlitestore.Backup(t.Context(), optionsOf(d.dir), into)
	require.Equal(t, models.KindCorrupt, models.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "the copy is damaged")
}

// pragma reads one, of a file that nobody has open.
func pragma(t *testing.T, path, name string) (value string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	require.NoError(t, db.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&value))
	require.NoError(t, db.Close())
	return value
}
