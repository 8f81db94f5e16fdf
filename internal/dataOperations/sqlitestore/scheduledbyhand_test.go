package sqlitestore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

// Until it is adopted, the counts do not hold it, and nothing moves it on.
func TestAdopt_WhatIsInsertedAsScheduledIsAdoptedLikeWhatIsPending(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	at := clock.Now().Add(time.Minute)
	for _, columns := range []string{`id,"to",content,status,send_at`, `id,"to",content,status,next_attempt_at`} {
		dir.shell(t, `INSERT INTO messages(`+columns+`,expires_at) VALUES(?,'+905551111111','hi','scheduled',?,?)`,
			columns, at.UnixMilli(), at.Add(time.Minute).UnixMilli())
	}
	sqlitestore.WaitForBackground(openIn(t, dir, clock)) // a recount
	clock.Move(time.Hour)
	moved, err := store.Promote(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, moved)
	moved, err = store.Expire(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, moved)
	clock.Move(-time.Hour)
	requireCounts(t, store, models.Counts{})
	for _, filter := range []models.Filter{{}, {Status: models.StatusScheduled}} {
		found, _ := listAll(t, store, filter, 10)
		require.Empty(t, found)
	}

	adopted, refused, err := store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
	require.NoError(t, err)
	require.Equal(t, []int{2, 0}, []int{adopted, refused})
	requireCounts(t, store, models.Counts{models.StatusScheduled: 1, models.StatusPending: 1})
	found, _ := listAll(t, store, models.Filter{Status: models.StatusScheduled}, 10)
	require.Len(t, found, 1)
	claimed, err := store.Claim(t.Context(), request(10))
	require.NoError(t, err)
	require.Empty(t, claimed.Claimed)
	clock.Move(time.Minute)
	moved, err = store.Promote(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, moved, 1)
	claimed, err = store.Claim(t.Context(), request(10))
	require.NoError(t, err)
	require.Len(t, claimed.Claimed, 2)
	requireWhole(t, store, dir, clock)
}
