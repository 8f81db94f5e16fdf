package sqlitestore

import (
	"context"
	"errors"
	"time"

	"auto-message-sender/internal/models"
)

// checkPatience is how long after the opening messages wait for the check: it takes
// some 200 ms for 100,000 of them, so up to about a million nothing is sent from a
// file that was not looked through, and a larger one does not make the start grow.
const checkPatience = 3 * time.Second

// checkAndRecount is the work in the background after the opening.
func (s *Store) checkAndRecount(ctx context.Context) {
	patience := time.AfterFunc(checkPatience, s.release)
	s.check(ctx)
	patience.Stop()
	s.release()
	s.recount(ctx)
}

// check reads the whole file for damage, in the background, because a damaged page
// would otherwise be found when it is needed. It holds up no reader and no writer.
// https://www.sqlite.org/pragma.html#pragma_quick_check
func (s *Store) check(ctx context.Context) {
	var found []error
	err := s.read(ctx, "check the file for damage", "PRAGMA quick_check(10)", func(values row) error {
		if text := asText(values[0]); text != "ok" {
			found = append(found, errors.New(text))
		}
		return nil
	})
	switch {
	case len(found) > 0:
		s.noticeDamage(corrupt("the store's file is damaged", errors.Join(found...)))
	case err != nil && ctx.Err() == nil:
		s.options.Log.WithError(err).Warn("the store's file could not be checked for damage")
	}
}

// noticeDamage remembers that the file is damaged, if err says so. From then on
// nothing is accepted or claimed: what is sent from a damaged file might be sent
// twice. Outcomes of what is out are still recorded where the file lets them.
func (s *Store) noticeDamage(err error) {
	if models.KindOf(err) != models.KindCorrupt || !s.damage.CompareAndSwap(nil, &err) {
		return
	}
	s.options.Log.WithError(err).WithField("file", s.path).
		Error("the store's file is damaged: no message is accepted or sent until it is restored from a backup")
}

// undamaged returns the error of KindCorrupt that was found, if any.
func (s *Store) undamaged() error {
	if found := s.damage.Load(); found != nil {
		return *found
	}
	return nil
}

// sendable returns why no message may be taken from the file to be sent. Shortly
// after the opening it waits for the check, see checkPatience.
func (s *Store) sendable(ctx context.Context) error {
	select {
	case <-s.released:
	case <-ctx.Done():
		return explain("wait for the check for damage", ctx.Err())
	}
	return s.undamaged()
}

// writeFailed is told by the writer that the file failed.
func (s *Store) writeFailed(err error) {
	err = explain("write", err)
	s.noticeDamage(err)
	if !s.ailing.Swap(true) {
		s.options.Log.WithError(err).Error("the store cannot be written")
	}
}

const (
	pingRead = `SELECT recounts FROM counts WHERE id = 1`
	// pingWrite and pingUndo change nothing together, but are written all the same.
	// SQLite leaves a page alone that an UPDATE makes what it was.
	pingWrite = `UPDATE counts SET recounts = recounts + 1 WHERE id = 1`
	pingUndo  = `UPDATE counts SET recounts = recounts - 1 WHERE id = 1`
)

// Ping reports whether the store can be read and written now: it reads, and takes
// the lock for writing. Only where the last write failed does it write, so that a
// full disk is found to have space again although nobody else writes.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.undamaged(); err != nil {
		return err
	}
	if err := s.read(ctx, "read the store", pingRead, func(row) error { return nil }); err != nil {
		return err
	}
	return s.write(ctx, "write the store", func(ctx context.Context, tx *transaction) error {
		if !s.ailing.Load() {
			return nil
		}
		if _, err := tx.exec(ctx, pingWrite); err != nil {
			return err
		}
		_, err := tx.exec(ctx, pingUndo)
		return err
	})
}
