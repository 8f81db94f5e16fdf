// Package sqlitestore is the embedded store: one SQLite file, for one machine.
// Several processes may share the file.
//
// # How it writes
//
// All writes of a process go through one goroutine with one connection (writer).
// It commits whatever operations have queued up as one transaction, so that under
// load one fsync serves hundreds of them, and without load none waits for
// another. The file is in WAL mode with synchronous=FULL: a commit that returned
// is on the disk. Readers have connections of their own and never wait.
//
// # What happens when it crashes half way
//
// A transaction is there whole or not at all, so there are three cases: before
// the commit of a claim, nothing has happened; between the claim and the record,
// the message is sending with its attempt counted, and rescue ends the claim once
// its lease ran out; after the record, it is done. SQLite replays the WAL at the
// next open.
//
// # What keeps it fast
//
// One statement claims a whole batch, one records an outcome; the indexes that change
// then are partial, and few hold one row; counts are kept as one row, and what
// happened as one row a minute, which every transaction updates once. What is in no
// order has no index, but is filed in the background (filing). Nothing that the
// service does regularly reads more rows than it returns, or than a small bound, so
// everything takes as long with a million messages as with ten. Two things do read
// the whole file, once, in the background, after the start: the check for damage, and
// the recount, which corrects the counts after changes by hand.
//
// # What it refuses
//
// A file that is not one of ours is refused before anything is written, and so is
// one of a newer version, or whose header or schema is damaged (identify). Messages
// wait for the check, for a while; when it finds damage, nothing is claimed or
// accepted any more, and outcomes of messages that are out are still recorded
// (damage). Nothing is answered as stored, or handed out, once a file of the store is
// not where it was opened (place).
package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	dataoperations "auto-message-sender/internal/dataOperations"
)

// FileName is the name of the store's file in its directory. SQLite keeps
// FileName-wal and FileName-shm beside it while it is open.
const FileName = "messages.db"

// Options are what a store needs; all are required.
type Options struct {
	Dir   string             // the directory of the file; made, for its owner only, where it is missing
	Now   func() time.Time   // the clock
	NewID func() string      // makes ids for claims and, where the caller gave none, for audit entries
	Log   logrus.FieldLogger // is told of migrations, damage, and failures of the file
}

// Store is a store on one file. It is safe for concurrent use.
type Store struct {
	options Options
	path    string
	file    fs.FileInfo // the file that was opened
	writer  *writer
	readers *readers

	damage    atomic.Pointer[error]          // what the check found, nil: nothing
	ailing    atomic.Bool                    // the last write failed
	beside    atomic.Pointer[[2]fs.FileInfo] // the WAL and the -shm that are open
	misplaced atomic.Bool                    // one of the files was not in its place

	released chan struct{} // closed when messages need not wait for the check any more
	release  func()        // closes released, once

	unfiled atomic.Int64  // messages stored or recorded since the filing was woken
	toFile  chan struct{} // wakes it
	looks   atomic.Int64  // how often it is still to look by itself

	erasedUpTo erasedUpTo // how far all is erased

	stop       context.CancelFunc // ends the background
	background sync.WaitGroup     // the check, and the recount
	filing     sync.WaitGroup
	writes     sync.RWMutex // held, as by a reader, by each write until it is answered
	closing    sync.Once
	closeErr   error
}

var _ dataoperations.Store = (*Store)(nil)

// Open opens the store in options.Dir, and makes it where there is none. It
// returns an error of KindCorrupt when the file is not one that this version can
// use, having changed nothing; of KindUnavailable when it cannot be reached. The
// context bounds the opening only.
func Open(ctx context.Context, options Options) (*Store, error) {
	switch {
	case options.Dir == "":
		return nil, errors.New("open the store: no directory")
	case options.Now == nil || options.NewID == nil || options.Log == nil:
		return nil, errors.New("open the store: no clock, ids or log")
	}
	path, err := filepath.Abs(filepath.Join(options.Dir, FileName))
	if err != nil {
		return nil, explain("find the data directory", err)
	}
	s := &Store{options: options, path: path, released: make(chan struct{}), toFile: make(chan struct{}, 1)}
	s.release = sync.OnceFunc(func() { close(s.released) })
	if s.file, err = s.prepareFile(ctx); err != nil {
		return nil, explain("open the store", err)
	}
	s.readers = &readers{db: sql.OpenDB(readerConnector(path)), prepared: map[string]*sql.Stmt{}}
	s.readers.db.SetMaxOpenConns(maxReaders)
	s.readers.db.SetMaxIdleConns(maxReaders)
	s.writer = newWriter(s.openWriter, s.writeFailed, func() { s.ailing.Store(false) })
	go s.writer.run(context.WithoutCancel(ctx))

	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	if err := s.write(ctx, "open the store", func(context.Context, *transaction) error { return nil }); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.refuseUnfinished(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.background.Go(func() { s.checkAndRecount(work) })
	s.filing.Go(func() { s.keepFiling(work) })
	return s, nil
}

// openWriter opens the connection that writes. Larger checkpoints than SQLite's
// default of 1,000 pages write a page that changed often fewer times.
func (s *Store) openWriter(ctx context.Context) (*connection, error) {
	c, err := connect(s.path, url.Values{"mode": {"rw"}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(4000)",
		"journal_size_limit(67108864)", "cache_size(-8000)", "temp_store(MEMORY)",
	}})
	if err != nil {
		return nil, err
	}
	// A file that was not in WAL mode until now, as a backup is not, has its WAL and
	// -shm only once it is read.
	err = c.query(ctx, readVersion, func(row) error { return nil })
	if err == nil {
		// From here on the writer does its own waiting; opening may need SQLite's.
		err = c.query(ctx, "PRAGMA busy_timeout(0)", func(row) error { return nil })
	}
	if err == nil {
		err = s.fileInPlace() // a connection anew must not find another file there
	}
	if err == nil {
		err = s.noteBeside()
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// write runs work in a transaction, and names what the store was doing in errors.
// It returns nil only where the commit is in the files that the next process finds.
func (s *Store) write(ctx context.Context, doing string, work func(context.Context, *transaction) error) error {
	// Until the files were looked at, Close must not take the WAL away.
	s.writes.RLock()
	defer s.writes.RUnlock()
	if err := s.writer.do(ctx, work); err != nil {
		return explain(doing, err)
	}
	return s.inPlace()
}

// Now returns the machine's time, in milliseconds, UTC.
func (s *Store) Now() time.Time { return fromMillis(millis(s.options.Now())) }

// Close ends the background, finishes the writes under way, and closes the file.
// Closing again returns what the first time did.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.stop()
		s.background.Wait()
		s.filing.Wait()
		// The writer last: the last connection to close folds the WAL into the file.
		readErr := s.readers.close()
		s.writer.finish()
		s.writes.Lock() // once the last of them is answered
		defer s.writes.Unlock()
		s.closeErr = explain("close the store", errors.Join(readErr, s.writer.close()))
	})
	return s.closeErr
}
