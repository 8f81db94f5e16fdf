package sqlitestore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dataOperations/storetest"
	"auto-message-sender/internal/models"
)

// version1 makes a file of version 1 with a message of every kind that it could
// hold, in a directory of its own.
func version1(t *testing.T, now int64) directory {
	t.Helper()
	dir := directory{t.TempDir()}
	path := filepath.Join(dir.dir, sqlitestore.FileName)
	require.NoError(t, sqlitestore.MakeOfVersion(t.Context(), path, 1))
	for _, statement := range []string{
		`INSERT INTO messages(id,"to",content,created_at,updated_at,next_attempt_at,drawn,priority) VALUES('due','+905551111111','due',?1,?1,?1,0,0)`,
		`INSERT INTO messages(id,"to",content,created_at,updated_at,next_attempt_at,drawn,attempt_count,retry_count,error,error_code,attempts)
			VALUES('again','+905551111111','again',?1,?1,?1+3600000,1,1,1,'503','http_503','{"number":1,"started_at":1}'||char(10))`,
		`INSERT INTO messages(id,"to",content) VALUES('by hand','+905551111111','by hand')`,
		`INSERT INTO messages(id,"to",content,status,created_at,drawn,attempt_count,claim_id,claim_owner,claim_lease_ms,claim_at,claim_window)
			VALUES('sending','+905551111111','sending','sending',?1,1,1,'c1','other',35000,?1,7)`,
		`INSERT INTO messages(id,"to",content,status,created_at,updated_at,sent_at,drawn,attempt_count,message_id,claim_id)
			VALUES('sent','+905551111111','sent','sent',?1,?1,?1,1,1,'p1','c0')`,
		`INSERT INTO messages(id,"to",content,status,created_at,failed_at,drawn,error,error_code) VALUES('failed','+905551111111','failed','failed',?1,?1,1,'404','http_404')`,
		`INSERT INTO messages(id,"to",content,status,created_at,drawn) VALUES('canceled','+905551111111','canceled','canceled',?1,0)`,
		`UPDATE counts SET pending = 2, sending = 1, sent = 1, failed = 1, canceled = 1`,
		`UPDATE scheduler SET running = 1, start_id = 's1', started_at = ?1, interval_ms = 60000, per_window = 0, window_seq = 7, next_window_at = ?1 + 60000`,
		`INSERT INTO scheduler_logs(id,action,timestamp,created_at) VALUES('s1','start',?1,?1)`,
	} {
		dir.shell(t, statement, now)
	}
	return dir
}

func TestMigrate_AFileOfVersion1KeepsAllThatItHas(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	now := clock.Now()
	dir := version1(t, now.UnixMilli())
	store := openIn(t, dir, clock)
	ctx := t.Context()

	again, err := store.Message(ctx, "again")
	require.NoError(t, err)
	require.Equal(t, models.Message{
		ID: models.ID{Text: "again"}, To: "+905551111111", Content: "again", Status: models.StatusPending, Priority: models.PriorityNormal,
		CreatedAt: now, UpdatedAt: now, NextAttemptAt: now.Add(time.Hour), Error: "503", ErrorCode: "http_503", AttemptCount: 1, RetryCount: 1,
		Attempts: []models.Attempt{{Number: 1, StartedAt: time.UnixMilli(1).UTC()}},
	}, again)

	state, err := store.Scheduler(ctx)
	require.NoError(t, err)
	require.True(t, state.Running)
	require.EqualValues(t, 7, state.WindowSeq)
	logs, total, err := store.SchedulerLogs(ctx, 0, 10)
	require.NoError(t, err)
	require.EqualValues(t, 1, total)
	require.Equal(t, "s1", logs[0].ID)
	require.NoError(t, store.Audit(ctx, models.SchedulerLog{ID: "a", Action: models.ActionErase}), "the table takes the new actions")

	adopted, refused, err := store.Adopt(ctx, dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
	require.NoError(t, err)
	require.Equal(t, []int{1, 0}, []int{adopted, refused})
	claimed, err := store.Claim(ctx, request(10))
	require.NoError(t, err)
	require.Len(t, claimed.Claimed, 2)
	require.Equal(t, "due", claimed.Claimed[0].ID.Text)
	claims, err := store.Claims(ctx, 10)
	require.NoError(t, err)
	require.Len(t, claims, 3)

	applied, err := store.Record(ctx, []models.Outcome{{
		ID: models.ID{Text: "sending"}, ClaimID: "c1", Result: models.ResultSent, At: now, MessageID: "p2", Attempt: models.Attempt{Number: 1},
	}})
	require.NoError(t, err)
	require.Equal(t, []bool{true}, applied)
	for _, id := range []string{"p1", "p2"} {
		stored, err := store.Deliver(ctx, models.DeliveryReport{MessageID: id, Delivery: models.Delivery{Status: models.DeliveryDelivered}})
		require.NoError(t, err)
		require.True(t, stored)
	}
	page, err := store.List(ctx, models.Filter{To: "+905551111111"}, models.Cursor{}, 10)
	require.NoError(t, err)
	require.Len(t, page.Messages, 7)
	requireWhole(t, store, dir, clock)
}

func TestMigrate_WhatWasCanceledBeforeIsCountedOnceWhenItIsSetBack(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	dir := version1(t, clock.Now().UnixMilli())
	store := openIn(t, dir, clock)
	sqlitestore.WaitForBackground(store)
	dir.shell(t, `UPDATE messages SET status = 'pending' WHERE id = 'canceled'`)
	adopted, _, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
	require.NoError(t, err)
	require.Equal(t, 2, adopted)
	requireCounts(t, store, models.Counts{models.StatusPending: 4, models.StatusSending: 1, models.StatusSent: 1, models.StatusFailed: 1})
	requireWhole(t, store, dir, clock)
}

func TestMigrate_AFileOfVersion2FindsWhatIsScheduledByHandAndPrunesWhatEnded(t *testing.T) {
	t.Parallel()
	clock, dir := storetest.NewClock(), directory{t.TempDir()}
	require.NoError(t, sqlitestore.MakeOfVersion(t.Context(), filepath.Join(dir.dir, sqlitestore.FileName), 2))
	now := clock.Now()
	for _, statement := range []string{
		`INSERT INTO messages(id,"to",content,status,send_at) VALUES('by hand','+905551111111','hi','scheduled',?1 + 1000)`,
		`INSERT INTO messages(id,"to",content,status,drawn,created_at,updated_at) VALUES('expired','+905551111111','hi','expired',-2,?1 - 2000,?1 - 1000)`,
		`UPDATE counts SET expired = 1`,
	} {
		dir.shell(t, statement, now.UnixMilli())
	}
	store := openIn(t, dir, clock)
	adopted, _, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
	require.NoError(t, err)
	require.Equal(t, 1, adopted)
	changed, _, err := store.Prune(t.Context(), dataoperations.PruneRequest{Before: now, Limit: 10})
	require.NoError(t, err)
	require.Equal(t, 1, changed)
	requireCounts(t, store, models.Counts{models.StatusScheduled: 1})
	requireWhole(t, store, dir, clock)
}
