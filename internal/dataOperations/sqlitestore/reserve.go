package sqlitestore

import (
	"context"
	"fmt"

	"auto-message-sender/internal/models"
)

const (
	findReservation  = `SELECT fingerprint, message_id, at FROM reservations WHERE key = ? AND at >= ?`
	storeReservation = `INSERT OR REPLACE INTO reservations (key, fingerprint, message_id, at) VALUES (?, ?, ?, ?)`
	// forgetReservations looks for them in the index and deletes them by key.
	forgetReservations = `DELETE FROM reservations WHERE key IN
		(SELECT key FROM reservations INDEXED BY reservations_oldest WHERE at < ? ORDER BY at LIMIT ?)`
)

// Reserve stores the reservation, unless one of the same key stands.
func (s *Store) Reserve(ctx context.Context, wanted models.Reservation) (models.Reservation, error) {
	if err := s.undamaged(); err != nil {
		return models.Reservation{}, err
	}
	if wanted.At.IsZero() {
		wanted.At = s.Now()
	}
	wanted.At = fromMillis(millis(wanted.At))
	var standing models.Reservation
	err := s.write(ctx, "reserve a key", func(ctx context.Context, tx *transaction) error {
		standing = wanted
		found := false
		err := tx.query(ctx, findReservation, func(values row) error {
			found = true
			standing.Fingerprint, standing.MessageID, standing.At = asText(values[0]), asText(values[1]), asTime(values[2])
			return nil
		}, wanted.Key, s.rememberedSince())
		if err != nil || found {
			return err
		}
		if _, err := tx.exec(ctx, storeReservation, wanted.Key, wanted.Fingerprint, wanted.MessageID, millis(wanted.At)); err != nil {
			return fmt.Errorf("store a reservation: %w", err)
		}
		return nil
	})
	if err != nil {
		return models.Reservation{}, err
	}
	return standing, nil
}

// ForgetReservations deletes old reservations, and the minutes of yesterday.
func (s *Store) ForgetReservations(ctx context.Context, limit int) (int, error) {
	var forgotten int64
	err := s.write(ctx, "forget old reservations", func(ctx context.Context, tx *transaction) (err error) {
		if forgotten, err = tx.exec(ctx, forgetReservations, s.rememberedSince(), limit); err != nil {
			return fmt.Errorf("delete reservations: %w", err)
		}
		_, err = tx.exec(ctx, forgetMinutes, millis(s.Now().Add(-minutesKept)))
		return err
	})
	if err != nil {
		return 0, err
	}
	return int(forgotten), nil
}

// rememberedSince returns the time of the oldest reservation that stands.
func (s *Store) rememberedSince() int64 { return millis(s.Now().Add(-models.ReservationKept)) }
