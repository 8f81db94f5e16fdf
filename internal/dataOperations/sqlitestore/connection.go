package sqlitestore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"

	"modernc.org/sqlite"
)

// connection is one connection to the file for one goroutine, spoken to without
// database/sql between: its locks and conversions cost as much as a small
// statement, and the writer is where every message passes at least twice.
// Statements are prepared once and kept.
type connection struct {
	driver   driver.Conn
	prepared map[string]statement
	args     []driver.NamedValue // reused from call to call
}

// statement is what the driver's prepared statements can do.
type statement interface {
	driver.StmtExecContext
	driver.StmtQueryContext
	Close() error
}

// row is one row of an answer, as the driver gives it: int64, float64, string,
// []byte or nil.
type row = []driver.Value

// dsn names the file with the settings given, escaped so that no character of the
// path can be taken for a setting.
func dsn(path string, settings url.Values) string {
	return (&url.URL{Scheme: "file", Path: path, RawQuery: settings.Encode()}).String()
}

// connect opens a connection to the file.
func connect(path string, settings url.Values) (*connection, error) {
	conn, err := (&sqlite.Driver{}).Open(dsn(path, settings))
	if err != nil {
		return nil, fmt.Errorf("open the file: %w", err)
	}
	return &connection{driver: conn, prepared: map[string]statement{}}, nil
}

// close ends the connection and its statements.
func (c *connection) close() error {
	var failures []error
	for _, prepared := range c.prepared {
		failures = append(failures, prepared.Close())
	}
	clear(c.prepared)
	return errors.Join(append(failures, c.driver.Close())...)
}

// prepare returns the statement for the query, prepared once.
func (c *connection) prepare(query string) (statement, error) {
	if known, ok := c.prepared[query]; ok {
		return known, nil
	}
	made, err := c.driver.Prepare(query)
	if err != nil {
		return nil, fmt.Errorf("prepare a statement: %w", err)
	}
	prepared, ok := made.(statement)
	if !ok {
		return nil, errors.New("the driver's statements lack ExecContext or QueryContext")
	}
	c.prepared[query] = prepared
	return prepared, nil
}

// bind puts arguments into the driver's form. Supported are int, int64, string
// and nil.
func (c *connection) bind(args []any) []driver.NamedValue {
	c.args = c.args[:0]
	for i, arg := range args {
		if number, ok := arg.(int); ok {
			arg = int64(number)
		}
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	return c.args
}

// exec runs a statement and returns how many rows it changed. The context is one
// that never ends: a statement that has begun is short, and the driver would start
// a goroutine for each that can end.
func (c *connection) exec(ctx context.Context, query string, args ...any) (int64, error) {
	prepared, err := c.prepare(query)
	if err != nil {
		return 0, err
	}
	result, err := prepared.ExecContext(ctx, c.bind(args))
	if err != nil {
		return 0, err //nolint:wrapcheck // the store says what it was doing, once, when it hands the error out.
	}
	return result.RowsAffected() //nolint:wrapcheck // likewise.
}

// query runs a statement and gives each of its rows to each; the row is valid
// only until the next.
func (c *connection) query(ctx context.Context, query string, each func(row) error, args ...any) (err error) {
	prepared, err := c.prepare(query)
	if err != nil {
		return err
	}
	rows, err := prepared.QueryContext(ctx, c.bind(args))
	if err != nil {
		return err //nolint:wrapcheck // the store says what it was doing, once, when it hands the error out.
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values := make(row, len(rows.Columns()))
	for {
		switch err := rows.Next(values); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err //nolint:wrapcheck // likewise.
		}
		if err := each(values); err != nil {
			return err
		}
	}
}
