package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"sync"

	"github.com/pressly/goose/v3"
)

// What the tests see of the inside.

// ScheduleVersion and ApplicationID are what a file of this version carries.
const (
	SchemaVersion = schemaVersion
	ApplicationID = applicationID
)

// FullScans are the statements that may read every message: that of the background.
func FullScans() []string { return []string{recountMessages} }

// Write runs work in the writer's goroutine and transaction; exec is its exec.
func Write(ctx context.Context, s *Store, work func(exec func(query string, args ...any) (int64, error)) error) error {
	return s.write(ctx, "test", func(ctx context.Context, tx *transaction) error {
		return work(func(query string, args ...any) (int64, error) { return tx.exec(ctx, query, args...) })
	})
}

// File files what is not filed, however little.
func File(ctx context.Context, s *Store) error {
	_, accepted := s.fileAccepted(ctx, 1)
	_, sent := s.fileSent(ctx, 1)
	return errors.Join(accepted, sent)
}

// FileMeanwhile files what was accepted, and calls the functions in between: when it has
// read what to file, and when that is entered and the place not yet noted.
func FileMeanwhile(ctx context.Context, s *Store, read, entered func()) error {
	from, to, found, entries, err := s.readUnfiled(ctx)
	if err != nil || found == 0 {
		return err
	}
	read()
	if err := s.enter(ctx, entries); err != nil {
		return err
	}
	entered()
	return s.noteFiled(ctx, from, to, entries)
}

// Unusable is what opening says of a directory that cannot be used for the reason given.
func Unusable(cause error) error { return unusable("the data directory cannot be made", cause) }

// MakeOfVersion makes a file of an older version at path.
func MakeOfVersion(ctx context.Context, path string, version int64) error {
	db, err := sql.Open("sqlite", dsn(path, url.Values{"_pragma": {"journal_mode(WAL)"}}))
	if err != nil {
		return err //nolint:wrapcheck // it goes straight to require.
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err //nolint:wrapcheck // likewise.
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err == nil {
		_, err = provider.UpTo(ctx, version)
	}
	return errors.Join(err, db.Close())
}

// Waiting returns how many operations wait to be written.
func Waiting(s *Store) int {
	s.writer.mutex.Lock()
	defer s.writer.mutex.Unlock()
	return len(s.writer.waiting)
}

// CountCommits counts the commits that changed anything, from now on. Read the
// count in the writer's goroutine, or after Close.
func CountCommits(ctx context.Context, s *Store) (*int, error) {
	commits := new(int)
	return commits, s.writer.do(ctx, func(context.Context, *transaction) error {
		next := s.writer.succeeded
		s.writer.succeeded = func() { *commits++; next() }
		return nil
	})
}

// WaitForBackground returns when the recount and the check are over.
func WaitForBackground(s *Store) { s.background.Wait() }

// FindCountingError looks for what a recount would correct, and returns what corrects it.
func FindCountingError(ctx context.Context, s *Store) (correct func() (bool, error), err error) {
	wrong, recounts, err := s.countingError(ctx)
	return func() (bool, error) { return s.correctCounts(ctx, wrong, recounts) }, err
}

// Setting returns a pragma's value on the writer's connection.
func Setting(ctx context.Context, s *Store, pragma string) (value any, err error) {
	err = s.write(ctx, "test", func(ctx context.Context, tx *transaction) error {
		return tx.query(ctx, "PRAGMA "+pragma, func(values row) error {
			value = values[0]
			return nil
		})
	})
	return value, err
}

// Statements returns every statement that the store has prepared so far.
func Statements(ctx context.Context, s *Store) ([]string, error) {
	var known []string
	err := s.write(ctx, "test", func(context.Context, *transaction) error {
		known = slices.Collect(maps.Keys(s.writer.connection.prepared))
		return nil
	})
	s.readers.mutex.Lock()
	defer s.readers.mutex.Unlock()
	return slices.AppendSeq(known, maps.Keys(s.readers.prepared)), err
}

// CheckAgain makes messages wait for another check and recount, as after the opening.
func CheckAgain(s *Store) {
	s.released = make(chan struct{})
	s.release = sync.OnceFunc(func() { close(s.released) })
	work, stop := context.WithCancel(context.Background())
	first := s.stop
	s.stop = func() { first(); stop() }
	s.background.Go(func() { s.checkAndRecount(work) })
}

// InBackground adds work to the background.
func InBackground(s *Store, work func()) { s.background.Go(work) }

// HoldReaders takes every connection that reads, until the function returned is called.
func HoldReaders(ctx context.Context, s *Store) (release func() error, err error) {
	var held []*sql.Conn
	for range maxReaders {
		conn, err := s.readers.db.Conn(ctx)
		if err != nil {
			return nil, err //nolint:wrapcheck // it goes straight to require.
		}
		held = append(held, conn)
	}
	return func() error {
		var failures []error
		for _, conn := range held {
			failures = append(failures, conn.Close())
		}
		return errors.Join(failures...)
	}, nil
}

// OpenWriter opens a connection for writing, as the writer does after a failure, and closes it.
func OpenWriter(ctx context.Context, s *Store) error {
	c, err := s.openWriter(ctx)
	if err != nil {
		return err
	}
	return c.close()
}

// LoseCommit makes a commit take place and be told as failed, as when a disk answers
// an fsync with an error: nobody knows. It is the one that this call is part of, or
// the next where skip is 1.
func LoseCommit(ctx context.Context, s *Store, skip int) error {
	_, unknown := connect(filepath.Join(s.path, "nowhere"), nil) // some error of SQLite's that is not: full
	return s.writer.do(ctx, func(context.Context, *transaction) error {
		commit, err := s.writer.connection.prepare("COMMIT")
		s.writer.connection.prepared["COMMIT"] = &lossy{statement: commit, failure: unknown, skip: skip}
		return err
	})
}

// lossy is a statement that is executed and then said to have failed, but for the
// first skip times.
type lossy struct {
	statement
	failure error
	skip    int
}

func (l *lossy) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	result, err := l.statement.ExecContext(ctx, args)
	if l.skip--; err == nil && l.skip < 0 {
		return nil, l.failure
	}
	return result, err //nolint:wrapcheck // it is the driver.
}
