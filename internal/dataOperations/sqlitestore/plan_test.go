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
	require.Greater(t, len(statements), 100, "the tour has missed most of them")

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
			if !sortsFew(statement) {
				require.NotContains(t, step, "TEMP B-TREE", "it sorts")
			}
			if strings.Contains(statement, "next_attempt_at <= ? ORDER") && strings.Contains(statement, "drawn") {
				require.Contains(t, step, "INDEX messages_due (drawn=? AND priority=? AND next_attempt_at<?)")
			}
			if strings.HasPrefix(step, "SCAN messages") {
				// A walk along an index that holds only what is asked for, up to the limit.
				require.Regexp(t, `USING (COVERING )?INDEX messages_(sending|sent|to_adopt)`, step)
				require.Contains(t, statement, "LIMIT")
			}
			require.NotRegexp(t, `SCAN (lookup|l|m|reservations)( |$)`, step)
			if strings.HasSuffix(statement, "DESC LIMIT 1 OFFSET ?") {
				require.Contains(t, step, "COVERING INDEX", "going past messages must not read them")
			}
		}
	}
}

// sortsFew says which statements may sort: those that know their messages, at most
// 10,000, and the list of what is in flight.
func sortsFew(statement string) bool {
	return strings.Contains(statement, "NOT INDEXED WHERE") && strings.Contains(statement, "seq IN (SELECT seq FROM lookup WHERE bucket IN ") ||
		strings.Contains(statement, "INDEXED BY messages_sending")
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
	adopted, refused, err := store.Adopt(ctx, dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
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
	callLists(t, store)
	callChanges(t, store, made)
	_, err = store.SetPace(ctx, models.Pace{Interval: time.Minute}, models.SchedulerLog{ID: "pace"})
	require.NoError(t, err)
	require.NoError(t, store.Audit(ctx, models.SchedulerLog{ID: "a", Action: models.ActionRetry}))
	_, err = store.Stop(ctx, models.SchedulerLog{ID: "stop"})
	require.NoError(t, err)
	_, _, err = store.SchedulerLogs(ctx, 0, 10)
	require.NoError(t, err)
	_, err = store.Scheduler(ctx)
	require.NoError(t, err)
	require.NoError(t, store.Beat(ctx, models.Replica{ID: "a"}))
	_, err = store.Replicas(ctx)
	require.NoError(t, err)
	require.NoError(t, store.Leave(ctx, "a"))
	require.NoError(t, store.Ping(ctx))
}

// callLists lists by every mixture of what a filter may say.
func callLists(t *testing.T, store *sqlitestore.Store) {
	t.Helper()
	at := store.Now()
	for _, status := range append(models.Statuses(), "") {
		for mixture := range 1 << 6 {
			filter := models.Filter{Status: status}
			for i, set := range []func(){
				func() { filter.To = "+905551111111" }, func() { filter.Reference = "r" }, func() { filter.MessageID = "m" },
				func() { filter.CreatedAfter, filter.CreatedBefore = at, at.Add(time.Hour) },
				func() { filter.SentAfter = at }, func() { filter.FailedBefore = at },
			} {
				if mixture>>i&1 == 1 {
					set()
				}
			}
			_, err := store.List(t.Context(), filter, models.Cursor{}, 10)
			require.NoError(t, err)
		}
	}
}

// callChanges does what people, the provider and the upkeep do.
func callChanges(t *testing.T, store *sqlitestore.Store, made []models.Message) {
	t.Helper()
	ctx, now := t.Context(), store.Now()
	later := messages(100, 4, now)
	later[0].SendAt, later[1].SendAt, later[2].ExpiresAt, later[3].ExpiresAt = now, now.Add(time.Hour), now, now.Add(time.Hour)
	stored, err := store.AcceptNew(ctx, later)
	require.NoError(t, err)
	require.NotContains(t, stored, false)
	_, err = store.Promote(ctx, 10)
	require.NoError(t, err)
	expired, err := store.Expire(ctx, 10)
	require.NoError(t, err)
	require.Len(t, expired, 1)
	_, err = store.Reserve(ctx, models.Reservation{Key: "k"})
	require.NoError(t, err)
	_, err = store.ForgetReservations(ctx, 10)
	require.NoError(t, err)
	_, err = store.Ahead(ctx, models.Message{ID: later[3].ID, Priority: models.PriorityLow, NextAttemptAt: now}, 100)
	require.NoError(t, err)
	_, err = store.OldestWaiting(ctx)
	require.NoError(t, err)
	_, err = store.Activity(ctx, now)
	require.NoError(t, err)
	_, err = store.Deliver(ctx, models.DeliveryReport{MessageID: "nobody's"})
	require.Equal(t, models.KindNotFound, models.KindOf(err))
	for _, message := range append(later, made...) {
		_, err = store.Cancel(ctx, []models.ID{message.ID})
		require.NoError(t, err)
		_, err = store.Retry(ctx, []models.ID{message.ID})
		require.NoError(t, err)
	}
	_, err = store.Erase(ctx, later[0].ID)
	require.NoError(t, err)
	for _, erase := range []bool{true, false} {
		request := dataoperations.PruneRequest{Before: now.Add(time.Hour), Erase: erase, Limit: 3}
		for more := true; more; more = request.After != (dataoperations.PruneCursor{}) {
			_, request.After, err = store.Prune(ctx, request)
			require.NoError(t, err)
		}
	}
	require.NoError(t, sqlitestore.File(ctx, store))
}
