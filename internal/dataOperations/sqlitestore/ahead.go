package sqlitestore

import (
	"context"
	"fmt"
	"math"
	"time"

	"auto-message-sender/internal/models"
)

const (
	// countAhead counts waiting messages of one priority, first attempts (drawn = 0) or
	// others, that are due before a time, or at it and stored earlier; up to a limit,
	// and in the index alone.
	countAhead = `SELECT count(*) FROM (SELECT 1 FROM messages
		WHERE status = 'pending' AND drawn = %d AND priority = %d AND next_attempt_at <= ?1
			AND (next_attempt_at < ?1 OR seq < ?2) LIMIT ?3)`
	// oldestWaiting is the first in an index of what waits. Nobody's hand can have put
	// a time there that is none: those are not in the range.
	oldestWaiting = `SELECT created_at FROM messages INDEXED BY messages_waiting
		WHERE status = 'pending' AND (drawn = 0 OR drawn = 1) AND created_at >= ? ORDER BY created_at LIMIT 1`
)

// Ahead counts the messages that go before the one given.
func (s *Store) Ahead(ctx context.Context, message models.Message, limit int) (int, error) {
	var seq int64
	err := s.read(ctx, "find a message", findSeq, func(values row) error {
		seq = asInt(values[0])
		return nil
	}, message.ID.Text)
	if err != nil {
		return 0, err
	}
	ahead := 0
	for _, priority := range []models.Priority{models.PriorityHigh, models.PriorityNormal, models.PriorityLow} {
		due := int64(math.MaxInt64)
		switch {
		case priority > message.Priority:
			return ahead, nil
		case priority == message.Priority:
			due = millis(message.NextAttemptAt)
		}
		for drawn := range 2 {
			if ahead >= limit {
				return limit, nil
			}
			err := s.read(ctx, "count the messages ahead", fmt.Sprintf(countAhead, drawn, priority), func(values row) error {
				ahead += int(asInt(values[0]))
				return nil
			}, due, seq, limit-ahead)
			if err != nil {
				return 0, err
			}
		}
	}
	return ahead, nil
}

// OldestWaiting returns when the oldest pending message was created.
func (s *Store) OldestWaiting(ctx context.Context) (time.Time, error) {
	var oldest time.Time
	err := s.read(ctx, "find the oldest waiting message", oldestWaiting, func(values row) error {
		oldest = asTime(values[0])
		return nil
	}, int64(math.MinInt64))
	return oldest, err
}
