package sqlitestore

import (
	"context"
	"fmt"
	"strings"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

const (
	countHeld = `SELECT (SELECT count(*) FROM (SELECT 1 FROM messages LIMIT 1)), (SELECT count(*) FROM scheduler_logs),
		(SELECT count(*) FROM reservations)`
	loadMessage = `INSERT INTO messages (id, status, priority, drawn, next_attempt_at, expires_at,
			attempt_count, prior_attempts, retry_count, claim_id, claim_owner, claim_lease_ms, claim_at,
			created_at, updated_at, sent_at, failed_at, message_id, send_at, validity_s, num_segments, encoding,
			delivery_status, delivered_at, delivery_error, erased_at, reference, error, error_code,
			"to", content, attempts, object_id, extra)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO NOTHING`
	readIDType = `SELECT object_id FROM messages WHERE id = ?`
	loadLog    = `INSERT INTO scheduler_logs (id, action, start_id, timestamp, created_at, actor, replica, reason,
			object_id, start_object_id, extra)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	loadReservation = `INSERT INTO reservations (key, fingerprint, message_id, at) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`
	loadScheduler   = `UPDATE scheduler SET running = 0, start_id = ?, started_at = ?, stopped_at = ?, interval_ms = ?, per_window = ?,
		window_seq = ?, window_remaining = 0, next_window_at = NULL,
		environment_interval_ms = ?, environment_per_window = ? WHERE id = 1`
	// countMinutes makes the minutes of the last day anew, by what happened in them.
	countMinutes = `INSERT INTO minutes (minute, sent, failed)
		SELECT minute, sum(sent), sum(failed) FROM (
			SELECT sent_at - sent_at % 60000 AS minute, 1 AS sent, 0 AS failed FROM messages INDEXED BY messages_sent
				WHERE status = 'sent' AND sent_at >= ?1
			UNION ALL SELECT failed_at - failed_at % 60000, 0, 1 FROM messages INDEXED BY messages_failed
				WHERE status = 'failed' AND failed_at >= ?1)
		WHERE true GROUP BY minute ON CONFLICT (minute) DO UPDATE SET sent = excluded.sent, failed = excluded.failed`
)

// Begin notes the migration, in a store that is empty.
func (a *Archive) Begin(ctx context.Context, migration dataoperations.Migration) error {
	var held []string
	err := a.read(ctx, "look what is there", countHeld, func(values row) error {
		for i, name := range []string{"messages", "entries of the audit trail", "keys of requests"} {
			if asInt(values[i]) > 0 {
				held = append(held, name)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(held) > 0 {
		return models.Conflict("the store in " + a.options.Dir + " is not empty: it holds " + strings.Join(held, ", ") +
			"; name a directory without a store, or move this one away")
	}
	return explain("note the migration", a.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.exec(ctx, insertMigration, migration.ID, migration.Source, migration.Fingerprint, millis(migration.BegunAt))
		return err
	}))
}

// Load stores the records of a batch in one transaction.
func (a *Archive) Load(ctx context.Context, batch dataoperations.ArchivedBatch) error {
	return explain("load", a.transact(ctx, func(ctx context.Context, tx *transaction) error {
		for _, message := range batch.Messages {
			if err := loadOne(ctx, tx, message.Normal()); err != nil {
				return err
			}
		}
		for _, log := range batch.Logs {
			_, err := tx.exec(ctx, loadLog, log.ID, string(log.Action), log.StartID, millis(log.Timestamp), millis(log.CreatedAt),
				log.Actor, log.Replica, log.Reason, flagOrNull(log.ObjectID), flagOrNull(log.StartObjectID), textOrNull(log.Extra))
			if err != nil {
				return fmt.Errorf("an entry of the audit trail: %w", err)
			}
		}
		for _, one := range batch.Reservations {
			if _, err := tx.exec(ctx, loadReservation, one.Key, one.Fingerprint, one.MessageID, millis(one.At)); err != nil {
				return fmt.Errorf("a reservation: %w", err)
			}
		}
		return nil
	}))
}

// loadOne stores a message, unless it is there.
func loadOne(ctx context.Context, tx *transaction, m dataoperations.ArchivedMessage) error {
	var lines strings.Builder
	for _, attempt := range m.Attempts {
		lines.WriteString(line(attempt))
	}
	stored, err := tx.exec(ctx, loadMessage, m.ID.Text, string(m.Status), int(m.Priority), drawnOf(m), timeOrNull(m.NextAttemptAt),
		timeOrNull(m.ExpiresAt), m.AttemptCount, m.PriorAttempts, m.RetryCount,
		textOrNull(m.Claim.ID), textOrNull(m.Claim.Owner), numberOrNull(m.Claim.Lease.Milliseconds()), timeOrNull(m.Claim.At),
		timeOrNull(m.CreatedAt), timeOrNull(m.UpdatedAt), timeOrNull(m.SentAt), timeOrNull(m.FailedAt),
		textOrNull(m.MessageID), timeOrNull(m.SendAt), numberOrNull(int64(m.Validity/time.Second)),
		numberOrNull(int64(m.NumSegments)), textOrNull(string(m.Encoding)),
		textOrNull(string(m.Delivery.Status)), timeOrNull(m.Delivery.At), textOrNull(m.Delivery.ErrorCode),
		timeOrNull(m.ErasedAt), textOrNull(m.Reference), textOrNull(m.Error), textOrNull(m.ErrorCode),
		textOrNull(m.To), textOrNull(m.Content), textOrNull(lines.String()), flagOrNull(m.ID.ObjectID), textOrNull(m.Extra))
	if err != nil {
		return fmt.Errorf("message %s: %w", m.ID, err)
	}
	if stored > 0 {
		return nil
	}
	isObjectID := false
	err = tx.query(ctx, readIDType, func(values row) error {
		isObjectID = asInt(values[0]) != 0
		return nil
	}, m.ID.Text)
	if err == nil && isObjectID != m.ID.ObjectID {
		err = models.Conflict(`there are two messages with the id ` + m.ID.Text + `: one is a string, one an ObjectID; ` +
			`the embedded store can hold one of them`)
	}
	return err
}

// drawnOf returns the column drawn: see the migrations.
func drawnOf(m dataoperations.ArchivedMessage) any {
	switch {
	case m.Status == models.StatusCanceled:
		return -1
	case m.Status == models.StatusExpired:
		return -2
	case !m.Inspected:
		return nil
	case m.Drawn || m.Status == models.StatusSent || m.Status == models.StatusFailed:
		return 1
	}
	return 0
}

// flagOrNull returns 1, or NULL for false.
func flagOrNull(flag bool) any {
	if flag {
		return 1
	}
	return nil
}

// LoadPacing stores the scheduler's record, stopped.
func (a *Archive) LoadPacing(ctx context.Context, pacing dataoperations.ArchivedScheduler) error {
	var interval, perWindow any
	if pacing.Environment != nil {
		interval, perWindow = pacing.Environment.Interval.Milliseconds(), pacing.Environment.PerWindow
	}
	return explain("load the scheduler's record", a.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.exec(ctx, loadScheduler, pacing.StartID, timeOrNull(pacing.StartedAt), timeOrNull(pacing.StoppedAt),
			pacing.Interval.Milliseconds(), pacing.PerWindow, pacing.WindowSeq, interval, perWindow)
		return err
	}))
}

// Hold stops the scheduler, until a person starts it.
func (a *Archive) Hold(ctx context.Context, entry models.SchedulerLog) error {
	return explain("stop the scheduler", a.transact(ctx, func(ctx context.Context, tx *transaction) error {
		return hold(ctx, tx, entry)
	}))
}

// hold stops the scheduler, whether it runs or not, and adds the entry once.
func hold(ctx context.Context, tx *transaction, entry models.SchedulerLog) error {
	state, err := readScheduler(ctx, tx)
	if err != nil {
		return err
	}
	entry = entry.Latest(state)
	entry.StartID = state.StartID
	state = state.Stopped(entry)
	if _, err := tx.exec(ctx, updateScheduler, asFlag(state.Running), state.StartID, timeOrNull(state.StartedAt),
		timeOrNull(state.StoppedAt), state.WindowSeq, state.WindowRemaining, timeOrNull(state.NextWindowAt)); err != nil {
		return fmt.Errorf("write the scheduler's record: %w", err)
	}
	return insertLog(ctx, tx, insertSchedulerLogOnce, entry)
}

// Complete counts, and notes that the store is whole. What is looked up by hash is
// filed by the service, as of any messages that are new to it.
func (a *Archive) Complete(ctx context.Context, at time.Time) error {
	return explain("complete the store", a.transact(ctx, func(ctx context.Context, tx *transaction) error {
		err := tx.query(ctx, recountMessages, func(values row) error {
			for i, status := range models.Statuses() {
				tx.move(asInt(values[1+i]), "", status)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("count the messages: %w", err)
		}
		if err := tx.count(ctx); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, countMinutes, minuteOf(millis(a.now().Add(-minutesKept)))); err != nil {
			return fmt.Errorf("count the minutes: %w", err)
		}
		_, err = tx.exec(ctx, completeMigration, millis(at))
		return err
	}))
}
