package sqlitestore_test

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

func TestQueries_EachIsServedByAnIndex(t *testing.T) {
	t.Parallel()
	store, dir, _ := setup(t)
	callEverything(t, store, dir)
	statements, err := sqlitestore.Statements(t.Context(), store)
	require.NoError(t, err)
	require.Greater(t, len(statements), 25, "the tour has missed most of them")

	db, err := sql.Open("sqlite", filepath.Join(dir.dir, sqlitestore.FileName))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	slices.Sort(statements)
	for _, statement := range statements {
		if !strings.Contains(statement, "messages") || slices.Contains(sqlitestore.FullScans(), statement) {
			continue
		}
		t.Log(statement)
		for _, step := range explain(t, db, statement) {
			t.Log("    ", step)
			require.NotContains(t, step, "TEMP B-TREE", "it sorts")
			if strings.Contains(statement, "next_attempt_at <= ?") {
				require.Contains(t, step, "INDEX messages_due (drawn=? AND priority=? AND next_attempt_at<?)")
			}
			if strings.HasPrefix(step, "SCAN messages") {
				// A walk along an index that holds only what is asked for, up to the limit.
				require.Regexp(t, `USING (COVERING )?INDEX messages_(sending|sent|to_adopt)`, step)
				require.Contains(t, statement, "LIMIT")
			}
		}
	}
}

// explain returns the steps of a statement's plan.
func explain(t *testing.T, db *sql.DB, statement string) []string {
	t.Helper()
	args := make([]any, strings.Count(statement, "?"))
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, args...)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &step))
		steps = append(steps, step)
	}
	require.NoError(t, rows.Err())
	return steps
}

// callEverything calls every method, so that every statement is prepared.
func callEverything(t *testing.T, store *sqlitestore.Store, dir directory) {
	t.Helper()
	ctx, now := t.Context(), store.Now()
	made := messages(1, 9, now)
	for i := range made {
		made[i].Priority = models.Priority(i % 3)
	}
	require.NoError(t, store.Accept(ctx, made...))
	dir.shell(t, `INSERT INTO messages("to",content) VALUES('+905551111111','hi'), ('+905551111111', x'00')`)
	adopted, refused, err := store.Adopt(ctx, 10, takeAll)
	require.NoError(t, err)
	require.Equal(t, []int{1, 1}, []int{adopted, refused})
	result, err := store.Claim(ctx, request(20))
	require.NoError(t, err)
	require.Len(t, result.Claimed, 10)
	all := outcomes(result.Claimed, now)
	all[1].Result, all[1].NextAttemptAt = models.ResultRetry, now.Add(time.Hour)
	all[2].Result = models.ResultFailed
	all[5].Result, all[5].NextAttemptAt, all[5].Uncounted = models.ResultRetry, now.Add(time.Hour), true
	claims, err := store.Claims(ctx, 20)
	require.NoError(t, err)
	_, err = store.Rescue(ctx, claims[3:4], dataoperations.RescuePolicy{MaxAttempts: 3})
	require.NoError(t, err)
	_, err = store.Record(ctx, all[:6])
	require.NoError(t, err)
	_, err = store.Record(ctx, all[:6])
	require.NoError(t, err)
	_, err = store.Redraw(ctx)
	require.NoError(t, err)
	require.NoError(t, store.GiveBack(ctx, claims[6:]))
	_, err = store.Message(ctx, made[0].ID.Text)
	require.NoError(t, err)
	_, err = store.Sent(ctx, 0, 10)
	require.NoError(t, err)
	_, err = store.Counts(ctx)
	require.NoError(t, err)
	_, err = store.Stop(ctx, models.SchedulerLog{ID: "stop"})
	require.NoError(t, err)
	_, _, err = store.SchedulerLogs(ctx, 0, 10)
	require.NoError(t, err)
	_, err = store.Scheduler(ctx)
	require.NoError(t, err)
	require.NoError(t, store.Ping(ctx))
}
