package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// Archive is the store in a directory as dataoperations.Archive: one connection that
// has the file for itself. No service can open it meanwhile, and none may have it
// open when it begins. Its methods are for one goroutine at a time.
type Archive struct {
	options    Options
	path       string
	connection *connection
}

var _ dataoperations.Archive = (*Archive)(nil)

// MissingError says that there is no store where one should be.
type MissingError struct{ Path string }

// Error names the file.
func (e *MissingError) Error() string { return "there is no store: " + e.Path + " does not exist" }

// OpenArchive opens the store in options.Dir, brings its schema up to date, and locks
// it. Where there is none it is made, or, unless create is set, the error is a
// *MissingError. KindConflict when another process has it open.
func OpenArchive(ctx context.Context, options Options, create bool) (*Archive, error) {
	path, err := filepath.Abs(filepath.Join(options.Dir, FileName))
	if err != nil {
		return nil, explain("find the data directory", err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !create {
		return nil, &MissingError{path}
	}
	s := &Store{options: options, path: path}
	if s.file, err = s.prepareFile(ctx); err != nil {
		return nil, explain("open the store", err)
	}
	a := &Archive{options: options, path: path}
	// Said before the file is first looked at, this locks out every other connection:
	// SQLite then keeps what it would share with them in its own memory.
	// https://www.sqlite.org/wal.html#use_of_wal_without_shared_memory
	a.connection, err = connect(path, url.Values{"mode": {"rw"}, "_pragma": {
		"busy_timeout(2000)", "locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)",
		"wal_autocheckpoint(4000)", "journal_size_limit(67108864)", "cache_size(-64000)", "temp_store(MEMORY)",
	}})
	if err == nil {
		// Reading takes the lock for reading only, so ask for the other.
		err = a.transact(ctx, func(context.Context, *transaction) error { return nil })
	}
	if err == nil {
		return a, nil
	}
	if a.connection != nil {
		err = errors.Join(err, a.connection.close())
	}
	if told := code(err); told == sqlite3.SQLITE_BUSY || told == sqlite3.SQLITE_LOCKED {
		return nil, models.Conflict("the store in " + options.Dir + " is open in another process: " +
			"end the service that serves it, and wait until it is gone")
	}
	return nil, explain("open the store", err)
}

// Close folds the WAL into the file, and lets others have it.
func (a *Archive) Close() error { return explain("close the store", a.connection.close()) }

// Path returns where the file is.
func (a *Archive) Path() string { return a.path }

// now returns the machine's time as a store tells it.
func (a *Archive) now() time.Time { return fromMillis(millis(a.options.Now())) }

// transact runs work in a transaction. Statements are run without the context's end,
// for which the driver would start a goroutine each; it is asked for between them.
func (a *Archive) transact(ctx context.Context, work func(context.Context, *transaction) error) error {
	if err := ctx.Err(); err != nil {
		return err //nolint:wrapcheck // the context's own word
	}
	ctx = context.WithoutCancel(ctx)
	if _, err := a.connection.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	err := work(ctx, &transaction{connection: a.connection, moved: models.Counts{}})
	if err == nil {
		if _, err = a.connection.exec(ctx, "COMMIT"); err == nil {
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	_, _ = a.connection.exec(ctx, "ROLLBACK")
	return err
}

// read reads rows.
func (a *Archive) read(ctx context.Context, doing, text string, each func(row) error, args ...any) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return explain(doing, a.connection.query(context.WithoutCancel(ctx), text, each, args...))
}

const countLiveClaims = `SELECT count(*), max(claim_at + claim_lease_ms) FROM messages
	WHERE status = 'sending' AND claim_at + claim_lease_ms > ?`

// Quiet returns nil when the scheduler is stopped and no lease runs. That nobody
// serves the store is sure already: see OpenArchive.
func (a *Archive) Quiet(ctx context.Context) error {
	pacing, err := a.Pacing(ctx)
	if err != nil {
		return err
	}
	if pacing.Running {
		return models.Conflict("the scheduler of the store in " + a.options.Dir + " is not stopped: " +
			"start the service, stop it with `auto-message-sender scheduler stop`, and end it; or say --stop-source")
	}
	var live int64
	var until time.Time
	err = a.read(ctx, "look for claims", countLiveClaims, func(values row) error {
		live, until = asInt(values[0]), asTime(values[1])
		return nil
	}, millis(a.now()))
	if err != nil || live == 0 {
		return err
	}
	return models.Conflict(fmt.Sprintf("%d messages in %s are claimed by a replica that ended without giving them back: "+
		"wait until %s, when the last of these leases is over", live, a.options.Dir, until.Format(time.RFC3339)))
}

const (
	readMigration     = `SELECT migration_id, source, fingerprint, begun_at, completed_at FROM migration WHERE id = 1`
	insertMigration   = `INSERT INTO migration (id, migration_id, source, fingerprint, begun_at) VALUES (1, ?, ?, ?, ?)`
	completeMigration = `UPDATE migration SET completed_at = ? WHERE id = 1`
)

// Migration returns the migration that the store is the target of.
func (a *Archive) Migration(ctx context.Context) (dataoperations.Migration, error) {
	return migrationBy(ctx, func(ctx context.Context, text string, each func(row) error, args ...any) error {
		return a.read(ctx, "look for a migration", text, each, args...)
	})
}

func migrationBy(ctx context.Context, read query) (found dataoperations.Migration, err error) {
	err = read(ctx, readMigration, func(values row) error {
		found = dataoperations.Migration{
			ID: asText(values[0]), Source: asText(values[1]), Fingerprint: asText(values[2]),
			BegunAt: asTime(values[3]), CompletedAt: asTime(values[4]),
		}
		return nil
	})
	return found, err
}

// refuseUnfinished refuses a store that a migration has filled in part.
func (s *Store) refuseUnfinished(ctx context.Context) error {
	migration, err := migrationBy(ctx, func(ctx context.Context, text string, each func(row) error, args ...any) error {
		return s.read(ctx, "look for a migration", text, each, args...)
	})
	if err != nil {
		return err
	}
	return migration.Unfinished() //nolint:wrapcheck // it is for people to read
}
