package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"sync"

	"modernc.org/sqlite"
)

// maxReaders bounds the connections that read; more than the processors help
// nobody, and each has a cache.
const maxReaders = 4

// readers is the pool of connections that read. They see what is committed, and
// wait for no writer.
type readers struct {
	db       *sql.DB
	mutex    sync.Mutex
	prepared map[string]*sql.Stmt
}

// connector opens the readers' connections.
type connector struct{ dsn string }

func readerConnector(path string) connector {
	return connector{dsn(path, url.Values{"mode": {"rw"}, "_pragma": {
		"busy_timeout(5000)", "query_only(1)", "cache_size(-4000)", "temp_store(MEMORY)",
	}})}
}

// Connect opens a connection.
func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.Driver().Open(c.dsn)
	if err != nil {
		return nil, fmt.Errorf("open the file to read it: %w", err)
	}
	return conn, nil
}

// Driver returns SQLite's.
func (c connector) Driver() driver.Driver { return &sqlite.Driver{} }

// prepare returns the statement for the query, prepared once.
func (r *readers) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if known, ok := r.prepared[query]; ok {
		return known, nil
	}
	made, err := r.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare a statement: %w", err)
	}
	r.prepared[query] = made
	return made, nil
}

// query gives each row of the answer to each; the row is valid only until the next.
func (r *readers) query(ctx context.Context, query string, each func(row) error, args ...any) (err error) {
	prepared, err := r.prepare(ctx, query)
	if err != nil {
		return err
	}
	rows, err := prepared.QueryContext(ctx, args...)
	if err != nil {
		return err //nolint:wrapcheck // the store says what it was doing, once, when it hands the error out.
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return err //nolint:wrapcheck // likewise.
	}
	values := make(row, len(columns))
	scanned, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range scanned {
		into[i] = &scanned[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err //nolint:wrapcheck // likewise.
		}
		for i := range scanned {
			values[i] = scanned[i]
		}
		if err := each(values); err != nil {
			return err
		}
	}
	return rows.Err() //nolint:wrapcheck // likewise.
}

// close closes the connections.
func (r *readers) close() error {
	return r.db.Close() //nolint:wrapcheck // likewise.
}

// read reads rows outside any transaction, and names what the store was doing in
// errors. A connection opened just now may have found another file in the store's
// place; what it read is not ours then.
func (s *Store) read(ctx context.Context, doing, query string, each func(row) error, args ...any) error {
	err := s.readers.query(ctx, query, each, args...)
	if misplaced := s.fileInPlace(); misplaced != nil {
		return misplaced
	}
	err = explain(doing, err)
	s.noticeDamage(err)
	return err
}
