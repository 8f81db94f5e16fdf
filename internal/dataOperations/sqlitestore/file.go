package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// prepareFile makes sure that the file is there, ours, and of this version.
//
// The file is never opened other than through SQLite: closing any descriptor of
// it would drop the locks that another store in this process may hold on it.
// https://www.sqlite.org/howtocorrupt.html
func (s *Store) prepareFile(ctx context.Context) (fs.FileInfo, error) {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return nil, unusable("the data directory cannot be made", err)
	}
	if _, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) {
		if err := s.refuseHalf(); err != nil {
			return nil, err
		}
		if err := s.create(ctx); err != nil {
			return nil, err
		}
	}
	info, err := os.Stat(s.path)
	if err != nil {
		return nil, unusable("the store's file cannot be reached", err)
	}
	if !info.Mode().IsRegular() {
		return nil, corrupt(s.path+" is not a message store: it is no regular file", nil)
	}
	if info.Size() == 0 {
		return info, s.fill(ctx)
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

// refuseHalf refuses to make a file where the WAL of another lies: SQLite would play
// it back into the new one. Whoever removed or moved the file has left messages in it.
func (s *Store) refuseHalf() error {
	wal, err := os.Stat(s.path + "-wal")
	if err != nil || wal.Size() == 0 {
		return nil //nolint:nilerr // there is none
	}
	if _, err := os.Stat(s.path); err == nil {
		return nil // another process was just making both
	}
	return corrupt(s.path+" is missing, but its WAL is there, with messages in it: "+
		"put the file back beside it, or move "+FileName+"-wal and "+FileName+"-shm away to begin with an empty store", nil)
}

// fill makes a store of an empty file: of one that somebody made, or mounted, for
// it, or that was made where there are no links. Whoever does the same meanwhile
// waits, as with any migration. A WAL beside it is that of another file.
func (s *Store) fill(ctx context.Context) error {
	if wal, err := os.Stat(s.path + "-wal"); err == nil && wal.Size() > 0 {
		return corrupt(s.path+" is empty, but there is a WAL beside it, perhaps with messages in it: "+
			"put the file back that it belongs to, or move "+FileName+"-wal and "+FileName+"-shm away to begin with an empty store", nil)
	}
	if err := s.migrate(ctx, s.path); err != nil {
		return err
	}
	if err := syncToDisk(filepath.Dir(s.path)); err != nil {
		return unavailable("the store's file cannot be made", err)
	}
	s.options.Log.WithField("file", s.path).Info("store made")
	return nil
}

// create makes the file beside its place, whole, and then gives it its name in
// one step: nobody ever sees half of it, and of several processes that start on
// an empty directory, the first one's file is everybody's.
func (s *Store) create(ctx context.Context) (err error) {
	making := filepath.Join(filepath.Dir(s.path), ".making-"+FileName+"-"+s.options.NewID())
	file, err := os.OpenFile(making, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) //nolint:gosec // the operator named the directory.
	if err != nil {
		return unusable("the store's file cannot be made", err)
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
	default: // some file systems know no links; the empty file is filled then, by whoever finds it
		place, err := os.OpenFile(s.path, os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return unusable("the store's file cannot be made", err)
		}
		if err := place.Close(); err != nil {
			return unavailable("the store's file cannot be made", err)
		}
	}
	if err := syncToDisk(filepath.Dir(s.path)); err != nil {
		return unavailable("the store's file cannot be made", err)
	}
	return nil
}

// syncToDisk makes a file, or the names in a directory, durable.
func syncToDisk(path string) error {
	file, err := os.Open(path) //nolint:gosec // the operator named the directory.
	if err != nil {
		return fmt.Errorf("open to sync: %w", err)
	}
	return errors.Join(file.Sync(), file.Close())
}
