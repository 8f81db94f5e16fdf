package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"auto-message-sender/internal/models"
)

// A backup is made in steps, each of which may be the last: a copy of one moment
// beside its place, under a name that is none of a backup's; the scheduler in it
// stopped; all of it looked through, and on the disk; and only then its name. So a
// file with the name of a backup is one.

// BackedUp tells of a backup that was made.
type BackedUp struct {
	Path   string
	Bytes  int64
	At     time.Time
	Counts models.Counts // of its messages, as the store counts them
}

// Backup copies the store in options.Dir, of one moment and while others serve it, to
// target, which must not exist; or, where target is a directory, to
// messages-<UTC time>.db in it. In the copy the scheduler is stopped, and only a person
// starts it. *MissingError when there is no store; KindCorrupt when it is not ours, or
// damaged; an error of fs.ErrExist when the target exists.
func Backup(ctx context.Context, options Options, target string) (BackedUp, error) {
	source, err := filepath.Abs(filepath.Join(options.Dir, FileName))
	if err != nil {
		return BackedUp{}, explain("find the data directory", err)
	}
	if _, err := os.Stat(source); errors.Is(err, fs.ErrNotExist) {
		return BackedUp{}, &MissingError{source}
	}
	s := &Store{options: options, path: source}
	version, err := s.identify(ctx)
	if err != nil {
		return BackedUp{}, explain("look at the store", err)
	}
	made := BackedUp{At: s.Now()}
	if made.Path, err = placeFor(target, made.At); err != nil {
		return BackedUp{}, err
	}
	making := filepath.Join(filepath.Dir(made.Path), ".making-"+filepath.Base(made.Path)+"-"+options.NewID())
	defer func() {
		for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
			_ = os.Remove(making + suffix)
		}
	}()
	if err := copyInto(ctx, source, making); err != nil {
		return BackedUp{}, explainBackup(making, err)
	}
	if made.Counts, err = s.settle(ctx, making, version, made.At); err != nil {
		return BackedUp{}, explainBackup(making, err)
	}
	if made.Bytes, err = give(making, made.Path); err != nil {
		return BackedUp{}, explainBackup(making, err)
	}
	return made, nil
}

// placeFor returns where the backup goes.
func placeFor(target string, at time.Time) (string, error) {
	if info, err := os.Stat(target); err == nil && info.IsDir() {
		target = filepath.Join(target, "messages-"+at.UTC().Format("20060102T150405Z")+".db")
	}
	path, err := filepath.Abs(target)
	if err != nil {
		return "", fmt.Errorf("back up: %w", err)
	}
	if _, err := os.Lstat(path); err == nil {
		return "", fmt.Errorf("back up to %s: %w; a backup overwrites nothing", path, fs.ErrExist)
	}
	return path, nil
}

// copyInto copies the store as it is at one moment. The file is made first, readable
// for its owner only, because SQLite would make it as the umask says. The copy is not
// in WAL mode, and is left so: it can be read where nothing can be written beside it.
// Opening it as a store puts it into WAL mode.
// https://www.sqlite.org/lang_vacuum.html#vacuuminto
func copyInto(ctx context.Context, source, making string) (err error) {
	file, err := os.OpenFile(making, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the person's own choice
	if err != nil {
		return fmt.Errorf("make the file: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("make the file: %w", err)
	}
	from, err := connect(source, url.Values{"mode": {"rw"}, "_pragma": {"busy_timeout(10000)", "cache_size(-8000)", "temp_store(MEMORY)"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.close()) }()
	if _, err := from.exec(ctx, "VACUUM INTO ?", making); err != nil {
		return fmt.Errorf("copy the store: %w", err)
	}
	return nil
}

const (
	readApplicationID = "PRAGMA application_id"
	readVersion       = "PRAGMA user_version"
	hasReplicas       = `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'replicas'`
	// leaveReplicas: who served the store does not serve the copy.
	leaveReplicas = `DELETE FROM replicas`
)

// settle stops the scheduler in the copy, and looks the copy through.
func (s *Store) settle(ctx context.Context, making string, version int, at time.Time) (counts models.Counts, err error) {
	made, err := connect(making, url.Values{"mode": {"rw"}, "_pragma": {"synchronous(FULL)", "temp_store(MEMORY)"}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, made.close()) }()
	tx := &transaction{connection: made, moved: models.Counts{}}
	for text, expected := range map[string]int{readApplicationID: applicationID, readVersion: version} {
		err := tx.query(ctx, text, func(values row) error {
			if found := int(asInt(values[0])); found != expected {
				return corrupt(fmt.Sprintf("the copy is not the store: %s is %d, not %d", text, found, expected), nil)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	entry := models.Hold(s.options.NewID(), models.ActorBackup, "backup taken at "+at.Format(time.RFC3339), at)
	if err := stopIn(ctx, tx, entry); err != nil {
		return nil, err
	}
	if err := lookThrough(ctx, tx); err != nil {
		return nil, err
	}
	counts = models.Counts{}
	err = tx.query(ctx, readCounts, func(values row) error {
		for i, status := range models.Statuses() {
			counts[status] = asInt(values[i])
		}
		return nil
	})
	return counts, err
}

// stopIn stops the scheduler in the copy, in one transaction.
func stopIn(ctx context.Context, tx *transaction, entry models.SchedulerLog) error {
	if _, err := tx.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("stop the copy's scheduler: %w", err)
	}
	if err := hold(ctx, tx, entry); err != nil {
		return fmt.Errorf("stop the copy's scheduler: %w", err)
	}
	known := false
	err := tx.query(ctx, hasReplicas, func(values row) error {
		known = asInt(values[0]) > 0
		return nil
	})
	if err == nil && known {
		_, err = tx.exec(ctx, leaveReplicas)
	}
	if err == nil {
		_, err = tx.exec(ctx, "COMMIT")
	}
	if err != nil {
		return fmt.Errorf("stop the copy's scheduler: %w", err)
	}
	return nil
}

// lookThrough demands that every page, row and index of the copy is sound.
// https://www.sqlite.org/pragma.html#pragma_integrity_check
func lookThrough(ctx context.Context, tx *transaction) error {
	var found []string
	err := tx.query(ctx, "PRAGMA integrity_check(10)", func(values row) error {
		if text := asText(values[0]); text != "ok" {
			found = append(found, text)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look the copy through: %w", err)
	}
	if len(found) > 0 {
		return corrupt("the copy is damaged, and so may be the store", errors.New(strings.Join(found, "; ")))
	}
	return nil
}

// give gives the copy its name, once it is on the disk. A link, unlike a renaming,
// never replaces what somebody has put there meanwhile.
func give(making, path string) (bytes int64, err error) {
	if err := syncToDisk(making); err != nil {
		return 0, err
	}
	info, err := os.Stat(making)
	if err != nil {
		return 0, fmt.Errorf("name the backup: %w", err)
	}
	if err := os.Link(making, path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return 0, fmt.Errorf("back up to %s: %w; a backup overwrites nothing", path, fs.ErrExist)
		}
		if err := os.Rename(making, path); err != nil { // some file systems know no links
			return 0, fmt.Errorf("name the backup: %w", err)
		}
	}
	if err := syncToDisk(filepath.Dir(path)); err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// explainBackup is explain, where a full disk is that of the backup.
func explainBackup(making string, err error) error {
	if code(err) == sqlite3.SQLITE_FULL {
		return unavailable("no space is left in "+filepath.Dir(making)+" for the backup", err)
	}
	return explain("back up", err)
}
