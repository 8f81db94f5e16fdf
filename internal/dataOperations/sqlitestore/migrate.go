package sqlitestore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver that goose's connections use
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationTries bounds how often a migration is tried that another process may
// be doing at the same time.
const migrationTries = 20

// migrate brings the file at path to schemaVersion. Each migration is one
// transaction. It is not called for a file that has that version, so an ordinary
// start does not pay for it.
func (s *Store) migrate(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", dsn(path, url.Values{"_pragma": {"busy_timeout(5000)", "synchronous(FULL)"}}))
	if err != nil {
		return fmt.Errorf("open the file to migrate it: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	// The first thing in the file, so that one that was not finished is known as ours.
	if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return fmt.Errorf("mark the file as a store: %w", err)
	}
	// Said once, kept by the file. It must be so before the file has its name.
	if _, err := db.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err != nil {
		return fmt.Errorf("set the journal mode: %w", err)
	}
	for range migrationTries {
		var before, after int
		if before, err = userVersion(ctx, db); err != nil {
			return err
		}
		if before >= schemaVersion {
			return nil
		}
		if err = up(ctx, db); err == nil {
			s.options.Log.WithField("from", before).WithField("to", schemaVersion).Info("store migrated")
			return nil
		}
		// Where another process was faster by a migration, this one's tries to do
		// again what is done; then the version has moved on.
		if after, _ = userVersion(ctx, db); after == before {
			return err
		}
	}
	return err
}

// up applies the migrations that the file lacks.
func up(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("find the migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// userVersion returns the schema's version, WAL included.
func userVersion(ctx context.Context, db *sql.DB) (version int, err error) {
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return version, nil
}
