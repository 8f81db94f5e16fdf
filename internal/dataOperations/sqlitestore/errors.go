package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"auto-message-sender/internal/models"
)

// code returns SQLite's primary result code in err's chain, 0 if there is none.
// https://www.sqlite.org/rescode.html
func code(err error) int { return extendedCode(err) & 0xff }

// extendedCode returns the code whole, with what says which I/O it was that failed.
func extendedCode(err error) int {
	if failure, ok := errors.AsType[*sqlite.Error](err); ok {
		return failure.Code()
	}
	return 0
}

// explain returns err as the store hands it out: of a kind, in words that help,
// and saying what the store was doing.
func explain(doing string, err error) error {
	if err == nil || models.KindOf(err) != 0 {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	cause := fmt.Errorf("%s: %w", doing, err)
	told := code(err)
	if extendedCode(err) == sqlite3.SQLITE_IOERR_SHMSIZE {
		told = sqlite3.SQLITE_FULL // the -shm beside the file, which opening makes, found no space
	}
	switch told {
	case sqlite3.SQLITE_FULL:
		return unavailable("the store is full: no space is left on the disk of the data directory", cause)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return unavailable("the store is busy: another process holds its file", cause)
	case sqlite3.SQLITE_IOERR:
		return unavailable("the store's disk failed to read or write", cause)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return unavailable("the store's file cannot be opened", cause)
	case sqlite3.SQLITE_READONLY:
		return unavailable("the store's file cannot be written", cause)
	case sqlite3.SQLITE_NOMEM:
		return unavailable("the store is out of memory", cause)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return corrupt("the store's file is damaged", cause)
	}
	return cause
}

// unusable returns an error about the data directory. Where waiting helps, as with a
// full disk, it is of KindUnavailable; where only a person can, of no kind, and tells
// what to do.
func unusable(detail string, cause error) error {
	for _, final := range []error{fs.ErrPermission, syscall.ENOTDIR, syscall.EROFS} {
		if errors.Is(cause, final) {
			return fmt.Errorf("%s: %w; name a directory in DATA_DIR that this process may write to, or give it this one", detail, cause)
		}
	}
	return unavailable(detail, cause)
}

// unavailable returns an error of KindUnavailable with its cause.
func unavailable(detail string, cause error) error {
	return &models.Error{Kind: models.KindUnavailable, Detail: detail, Cause: cause}
}

// corrupt returns an error of KindCorrupt with its cause.
func corrupt(detail string, cause error) error {
	return &models.Error{Kind: models.KindCorrupt, Detail: detail, Cause: cause}
}

// errClosed is what a store says that was closed.
func errClosed() error { return unavailable("the store is closed", nil) }
