package chaos_test

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the file is read by other means than the program's

	"auto-message-sender/internal/chaos"
	"auto-message-sender/internal/models"
)

// stored is what a store holds when every process has ended.
type stored struct {
	messages []chaos.Message
	audit    []models.SchedulerLog
	running  bool
	seq      int64 // of the last window
	pace     models.Pace

	reservations []models.Reservation
}

// readEmbedded reads the file as sqlite3 would, with nothing of the program, and
// holds that it is whole and its counts are right.
func readEmbedded(t *testing.T, dir string) stored {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "messages.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var verdict string
	require.NoError(t, db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict))
	require.Equal(t, "ok", verdict)

	var s stored
	var intervalMS int64
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT running, window_seq, interval_ms, per_window FROM scheduler").
		Scan(&s.running, &s.seq, &intervalMS, &s.pace.PerWindow))
	s.pace.Interval = time.Duration(intervalMS) * time.Millisecond
	s.messages = readMessages(t, db)
	s.reservations = readReservations(t, db)
	s.audit = readAudit(t, db)
	counted := map[models.Status]int{}
	for _, message := range s.messages {
		counted[message.Status]++
	}
	for _, status := range models.Statuses() {
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT "+string(status)+" FROM counts").Scan(&n))
		require.Equal(t, counted[status], n, "the count of %s", status)
	}
	return s
}

func readMessages(t *testing.T, db *sql.DB) []chaos.Message {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT id, coalesce("to", ''), coalesce(content, ''), status, attempt_count, retry_count,
		prior_attempts, coalesce(message_id, ''), coalesce(error_code, ''), coalesce(error, ''), coalesce(attempts, ''),
		iif(claim_id IS NULL, 0, coalesce(claim_window, 0)), -- given back, it stays, and is drawn again by another
		created_at, sent_at, failed_at, send_at, expires_at, erased_at FROM messages`)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	var messages []chaos.Message
	for rows.Next() {
		var m chaos.Message
		var attempts string
		var created, sent, failed, due, expires, erased sql.NullInt64
		require.NoError(t, rows.Scan(&m.ID.Text, &m.To, &m.Content, &m.Status, &m.AttemptCount, &m.RetryCount,
			&m.PriorAttempts, &m.MessageID, &m.ErrorCode, &m.Error, &attempts, &m.Window,
			&created, &sent, &failed, &due, &expires, &erased))
		for at, value := range map[*time.Time]sql.NullInt64{
			&m.CreatedAt: created, &m.SentAt: sent, &m.FailedAt: failed, &m.SendAt: due, &m.ExpiresAt: expires, &m.ErasedAt: erased,
		} {
			if value.Valid {
				*at = time.UnixMilli(value.Int64)
			}
		}
		for line := range strings.Lines(attempts) {
			m.Attempts = append(m.Attempts, readAttempt(t, line))
		}
		messages = append(messages, m)
	}
	require.NoError(t, rows.Err())
	return messages
}

func readReservations(t *testing.T, db *sql.DB) []models.Reservation {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT key, message_id FROM reservations")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	reservations := []models.Reservation{}
	for rows.Next() {
		var one models.Reservation
		require.NoError(t, rows.Scan(&one.Key, &one.MessageID))
		reservations = append(reservations, one)
	}
	require.NoError(t, rows.Err())
	return reservations
}

func readAttempt(t *testing.T, line string) models.Attempt {
	t.Helper()
	var entry struct {
		Number     int    `json:"number"`
		StartedAt  int64  `json:"started_at"`
		DurationMS int64  `json:"duration_ms"`
		StatusCode int    `json:"status_code"`
		Error      string `json:"error"`
		Replica    string `json:"replica"`
	}
	require.NoError(t, json.Unmarshal([]byte(line), &entry))
	return models.Attempt{
		Number: entry.Number, StartedAt: time.UnixMilli(entry.StartedAt),
		Duration:   time.Duration(entry.DurationMS) * time.Millisecond,
		StatusCode: entry.StatusCode, Error: entry.Error, Replica: entry.Replica,
	}
}

func readAudit(t *testing.T, db *sql.DB) []models.SchedulerLog {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT id, action, start_id, timestamp, reason FROM scheduler_logs ORDER BY rowid")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	var audit []models.SchedulerLog
	for rows.Next() {
		var entry models.SchedulerLog
		var at int64
		require.NoError(t, rows.Scan(&entry.ID, &entry.Action, &entry.StartID, &at, &entry.Reason))
		entry.Timestamp = time.UnixMilli(at)
		audit = append(audit, entry)
	}
	require.NoError(t, rows.Err())
	return audit
}
