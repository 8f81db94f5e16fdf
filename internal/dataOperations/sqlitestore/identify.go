package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"

	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// applicationID marks our files, "AMSG". https://www.sqlite.org/pragma.html#pragma_application_id
	applicationID = 0x414D5347
	// schemaVersion is the number of the last migration.
	schemaVersion = 5

	// readSchema reads every page of the schema.
	readSchema = `SELECT count(sql) FROM sqlite_schema`
	// findGarbled counts what stands in the schema and could not be parsed.
	findGarbled = `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT IN (SELECT name FROM pragma_table_list)
		OR type = 'index' AND name NOT IN (SELECT i.name FROM pragma_table_list AS t, pragma_index_list(t.name) AS i)`
)

// errGarbled says that the pages of the schema can be read, and what they say not.
var errGarbled = errors.New("a part of the schema makes no sense")

// identify demands that the file is one of ours, not of a newer version, and that
// its schema can be read; it returns its version. Nothing is changed by it, not
// even the WAL and the -shm beside the file. The version may be an older one than
// the WAL knows of.
func (s *Store) identify(ctx context.Context) (version int, err error) {
	version, err = s.identifyIn(ctx, url.Values{
		// What is in the file itself, as if on a read-only medium: no WAL is played
		// back into a file that is not ours.
		"immutable": {"1"},
		// Takes a file shorter than it says it is: what a checkpoint cut off by a
		// crash leaves, and the WAL completes. Opening finds out. It also passes over
		// what cannot be parsed.
		"_pragma": {"writable_schema(1)"},
	})
	if code(err) != sqlite3.SQLITE_CORRUPT && !errors.Is(err, errGarbled) {
		return version, err
	}
	// A page that a power failure has torn in a checkpoint is whole in the WAL. Opening
	// for writing would find out too, but fold the WAL into a file that is then refused.
	if info, missing := os.Stat(s.path + "-wal"); missing != nil || info.Size() == 0 {
		return 0, err
	}
	version, withWAL := s.identifyIn(ctx, url.Values{"readonly_shm": {"1"}})
	if withWAL != nil {
		return 0, corrupt("the store's file is damaged", fmt.Errorf("%w; with what is in its WAL: %w", err, withWAL))
	}
	return version, nil
}

// identifyIn identifies the file as it is seen with the settings given.
func (s *Store) identifyIn(ctx context.Context, settings url.Values) (version int, err error) {
	settings.Set("mode", "ro")
	db, err := sql.Open("sqlite", dsn(s.path, settings))
	if err != nil {
		return 0, fmt.Errorf("open the file to identify it: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var id, entries int
	err = db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id)
	if err == nil {
		err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	}
	switch {
	case code(err) == sqlite3.SQLITE_NOTADB:
		return 0, corrupt(s.path+" is not a message store: it is not an SQLite file, or its header was overwritten", nil)
	case err != nil:
		return 0, fmt.Errorf("identify the file: %w", err)
	}
	if id != applicationID {
		return 0, corrupt(s.path+" is not a message store: it is some other program's SQLite file", nil)
	}
	if version > schemaVersion {
		return 0, corrupt(fmt.Sprintf("%s was written by a newer version of this program: its schema is version %d, known is %d",
			s.path, version, schemaVersion), nil)
	}
	if err := db.QueryRowContext(ctx, readSchema).Scan(&entries); err != nil {
		return 0, fmt.Errorf("read the schema: %w", err)
	}
	if err := db.QueryRowContext(ctx, findGarbled).Scan(&entries); err != nil {
		return 0, fmt.Errorf("understand the schema: %w", err)
	}
	if entries > 0 {
		return 0, corrupt("the store's file is damaged", errGarbled)
	}
	return version, nil
}
