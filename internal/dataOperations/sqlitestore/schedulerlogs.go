package sqlitestore

import (
	"context"
	"fmt"

	"auto-message-sender/internal/models"
)

const (
	insertSchedulerLog = `INSERT INTO scheduler_logs (id, action, start_id, timestamp, created_at, actor, replica, reason)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	insertSchedulerLogOnce = insertSchedulerLog + ` ON CONFLICT (id) DO NOTHING`
	listSchedulerLogs      = `SELECT id, action, start_id, timestamp, created_at, actor, replica, reason FROM scheduler_logs
		ORDER BY timestamp DESC, rowid DESC LIMIT ? OFFSET ?`
	// countSchedulerLogs walks the smallest index. A scheduler is started and
	// stopped by people, so there is no need for a counter.
	countSchedulerLogs = `SELECT count(*) FROM scheduler_logs`
)

// addSchedulerLog adds an entry to the audit trail.
func addSchedulerLog(ctx context.Context, tx *transaction, entry models.SchedulerLog) error {
	return insertLog(ctx, tx, insertSchedulerLog, entry)
}

func insertLog(ctx context.Context, tx *transaction, insert string, entry models.SchedulerLog) error {
	_, err := tx.exec(ctx, insert, entry.ID, string(entry.Action), entry.StartID,
		millis(entry.Timestamp), millis(entry.CreatedAt), entry.Actor, entry.Replica, entry.Reason)
	if err != nil {
		return fmt.Errorf("write the audit trail: %w", err)
	}
	return nil
}

// Audit adds an entry to the audit trail, unless its id is there.
func (s *Store) Audit(ctx context.Context, entry models.SchedulerLog) error {
	if entry.ID == "" {
		entry.ID = s.options.NewID()
	}
	return s.write(ctx, "write the audit trail", func(ctx context.Context, tx *transaction) error {
		entry.Timestamp = s.Now()
		entry.CreatedAt = entry.Timestamp
		return insertLog(ctx, tx, insertSchedulerLogOnce, entry)
	})
}

// SchedulerLogs returns entries of the audit trail, newest first, and how many
// there are.
func (s *Store) SchedulerLogs(ctx context.Context, offset, limit int64) ([]models.SchedulerLog, int64, error) {
	var entries []models.SchedulerLog
	err := s.read(ctx, "list the audit trail", listSchedulerLogs, func(values row) error {
		entries = append(entries, models.SchedulerLog{
			ID: asText(values[0]), Action: models.Action(asText(values[1])), StartID: asText(values[2]),
			Timestamp: asTime(values[3]), CreatedAt: asTime(values[4]),
			Actor: asText(values[5]), Replica: asText(values[6]), Reason: asText(values[7]),
		})
		return nil
	}, limit, offset)
	if err != nil {
		return nil, 0, err
	}
	var total int64
	err = s.read(ctx, "count the audit trail", countSchedulerLogs, func(values row) error {
		total = asInt(values[0])
		return nil
	})
	return entries, total, err
}
