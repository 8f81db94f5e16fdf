package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// applicationID marks our files, "AMSG". https://www.sqlite.org/pragma.html#pragma_application_id
	applicationID = 0x414D5347
	// schemaVersion is the number of the last migration.
	schemaVersion = 1
)

// prepareFile makes sure that the file is there, ours, and of this version.
//
// The file is never opened other than through SQLite: closing any descriptor of
// it would drop the locks that another store in this process may hold on it.
// https://www.sqlite.org/howtocorrupt.html
func (s *Store) prepareFile(ctx context.Context) (fs.FileInfo, error) {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return nil, unavailable("the data directory cannot be made", err)
	}
	if _, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) {
		if err := s.create(ctx); err != nil {
			return nil, err
		}
	}
	info, err := os.Stat(s.path)
	if err != nil {
		return nil, unavailable("the store's file cannot be reached", err)
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return nil, corrupt(s.path+" is not a message store: it is empty or no regular file", nil)
	}
	version, err := s.identify(ctx)
	if err != nil {
		return nil, err
	}
	if version < schemaVersion {
		return info, s.migrate(ctx, s.path)
	}
	return info, nil
}

// identify demands that the file is one of ours and not of a newer version, and
// returns its version. It reads what is in the file itself, as if on a read-only
// medium, so that not even a WAL beside it is played back into a file that is not
// ours. The version may therefore be an older one than the WAL knows of.
func (s *Store) identify(ctx context.Context) (version int, err error) {
	db, err := sql.Open("sqlite", dsn(s.path, url.Values{
		"mode": {"ro"}, "immutable": {"1"},
		// Takes a file shorter than it says it is: what a checkpoint cut off by a
		// crash leaves, and the WAL completes. Opening finds out.
		"_pragma": {"writable_schema(1)"},
	}))
	if err != nil {
		return 0, fmt.Errorf("open the file to identify it: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var id int
	err = db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id)
	if err == nil {
		err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	}
	switch {
	case code(err) == sqlite3.SQLITE_NOTADB:
		return 0, corrupt(s.path+" is not a message store: it is not an SQLite file", nil)
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
	return version, nil
}

// create makes the file beside its place, whole, and then gives it its name in
// one step: nobody ever sees half of it, and of several processes that start on
// an empty directory, the first one's file is everybody's.
func (s *Store) create(ctx context.Context) (err error) {
	making := filepath.Join(filepath.Dir(s.path), ".making-"+FileName+"-"+s.options.NewID())
	file, err := os.OpenFile(making, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) //nolint:gosec // the operator named the directory.
	if err != nil {
		return unavailable("the store's file cannot be made", err)
	}
	defer func() {
		for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
			_ = os.Remove(making + suffix)
		}
	}()
	if err := file.Close(); err != nil {
		return unavailable("the store's file cannot be made", err)
	}
	if err := s.migrate(ctx, making); err != nil {
		return err
	}
	if err := syncToDisk(making); err != nil {
		return unavailable("the store's file cannot be made", err)
	}
	// A link, unlike a renaming, does not replace the file of a faster process.
	switch err := os.Link(making, s.path); {
	case err == nil:
		s.options.Log.WithField("file", s.path).Info("store made")
	case errors.Is(err, fs.ErrExist):
	default: // some file systems know no links
		if err := renameToNew(making, s.path); err != nil {
			return unavailable("the store's file cannot be made", err)
		}
	}
	if err := syncToDisk(filepath.Dir(s.path)); err != nil {
		return unavailable("the store's file cannot be made", err)
	}
	return nil
}

// renameToNew renames a file where there is none of the new name. The empty file
// that it makes to be the only one to do so is refused by others.
func renameToNew(from, to string) error {
	place, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the operator named the directory.
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make a place for the file: %w", err)
	}
	return errors.Join(place.Close(), os.Rename(from, to))
}

// syncToDisk makes a file, or the names in a directory, durable.
func syncToDisk(path string) error {
	file, err := os.Open(path) //nolint:gosec // the operator named the directory.
	if err != nil {
		return fmt.Errorf("open to sync: %w", err)
	}
	return errors.Join(file.Sync(), file.Close())
}
