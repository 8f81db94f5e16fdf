package sqlitestore

import (
	"errors"
	"io/fs"
	"os"
)

// besides are the files that SQLite keeps beside the store's while it is open.
// Without the WAL the file is half of itself; without the -shm another process
// would not see this one's locks.
func besides() []string { return []string{"-wal", "-shm"} }

// fileInPlace reports whether the store's file is still where it was opened. A file
// that was removed, or that another was put in the place of, goes on taking writes:
// they are answered, and gone with the process.
func (s *Store) fileInPlace() error {
	there, err := os.Stat(s.path)
	if err == nil && os.SameFile(there, s.file) {
		return nil
	}
	return s.outOfPlace(s.path, err)
}

// inPlace is fileInPlace, and the same of the files beside it. Asked after a commit
// it tells where that commit went: each file was in its place then, or nobody is
// told that anything was stored. It costs a few microseconds.
func (s *Store) inPlace() error {
	if err := s.fileInPlace(); err != nil {
		return err
	}
	known := s.beside.Load()
	if known == nil {
		return nil
	}
	for i, suffix := range besides() {
		there, err := os.Stat(s.path + suffix)
		if err != nil || !os.SameFile(there, known[i]) {
			return s.outOfPlace(s.path+suffix, err)
		}
	}
	if s.misplaced.Load() && s.misplaced.Swap(false) {
		s.options.Log.WithField("file", s.path).Info("the store's file is in its place again")
	}
	return nil
}

// outOfPlace says so, once.
func (s *Store) outOfPlace(path string, cause error) error {
	if !s.misplaced.Swap(true) {
		s.options.Log.WithField("file", path).Error("a file of the store was removed or replaced while the store was open: " +
			"no message is accepted or sent until it is back in its place; a restart would begin with what is there now")
	}
	return unavailable("the store's file was removed or replaced while the store was open",
		errors.Join(errors.New(path+" is not the file that was opened"), cause))
}

// noteBeside remembers the files that the writer's connection has made or found
// beside the store's.
func (s *Store) noteBeside() error {
	known := make([]fs.FileInfo, 0, len(besides()))
	for _, suffix := range besides() {
		info, err := os.Stat(s.path + suffix)
		if err != nil {
			return s.outOfPlace(s.path+suffix, err)
		}
		known = append(known, info)
	}
	s.beside.Store((*[2]fs.FileInfo)(known))
	return nil
}
