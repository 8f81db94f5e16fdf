package sqlitestore

import (
	"context"
	"time"

	"auto-message-sender/internal/models"
)

const (
	listMinutes = `SELECT minute, sent, failed FROM minutes WHERE minute >= ? ORDER BY minute`
	addToMinute = `INSERT INTO minutes (minute, sent, failed) VALUES (?, ?, ?)
		ON CONFLICT (minute) DO UPDATE SET sent = sent + excluded.sent, failed = failed + excluded.failed`
	forgetMinutes = `DELETE FROM minutes WHERE minute < ?`
)

// minutesKept is how long minutes are kept.
const minutesKept = 24 * time.Hour

// minuteOf returns the beginning of the minute of a time, both as the file holds them.
func minuteOf(at int64) int64 {
	const minute = int64(time.Minute / time.Millisecond)
	return at - (at%minute+minute)%minute
}

// Activity returns the minutes in which something was sent or failed.
func (s *Store) Activity(ctx context.Context, since time.Time) ([]models.Minute, error) {
	var minutes []models.Minute
	err := s.read(ctx, "list what happened by the minute", listMinutes, func(values row) error {
		minutes = append(minutes, models.Minute{At: asTime(values[0]), Sent: asInt(values[1]), Failed: asInt(values[2])})
		return nil
	}, minuteOf(millis(since)))
	return minutes, err
}

// happened is what one minute saw.
type happened struct{ sent, failed int64 }

// ended tells the minutes that n messages became sent or failed at the time given.
func (t *transaction) ended(n int64, status models.Status, at int64) {
	if n == 0 {
		return
	}
	if t.minutes == nil {
		t.minutes = map[int64]happened{}
	}
	minute := t.minutes[minuteOf(at)]
	if status == models.StatusSent {
		minute.sent += n
	} else {
		minute.failed += n
	}
	t.minutes[minuteOf(at)] = minute
}

// writeMinutes adds what the transaction saw to the minutes: mostly one statement,
// because mostly it saw one minute.
func (t *transaction) writeMinutes(ctx context.Context) error {
	for minute, saw := range t.minutes {
		if _, err := t.exec(ctx, addToMinute, minute, saw.sent, saw.failed); err != nil {
			return err
		}
	}
	return nil
}
