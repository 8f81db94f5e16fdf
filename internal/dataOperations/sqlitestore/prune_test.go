package sqlitestore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

// eraseOld erases all that ended before the time, and returns how many messages it
// erased, and in how many steps.
func eraseOld(t *testing.T, store *sqlitestore.Store, before time.Time) (erased, steps int) {
	t.Helper()
	request := dataoperations.PruneRequest{Before: before, Erase: true, Limit: 500}
	for {
		changed, next, err := store.Prune(t.Context(), request)
		require.NoError(t, err)
		erased, steps = erased+changed, steps+1
		if request.After = next; next == (dataoperations.PruneCursor{}) {
			return erased, steps
		}
	}
}

func TestPrune_WhatIsErasedIsNotGoneThroughAgainEachTime(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	const n = 3000
	insert := func(name, status, column string, count int, at time.Time) {
		dir.shell(t, `WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?1)
			INSERT INTO messages(id,"to",content,status,drawn,created_at,`+column+`) SELECT ?2 || n,'+905551111111','hi',?3,1,?4,?5 - n FROM i`,
			count, name, status, clock.Now().Add(-90*24*time.Hour).UnixMilli(), at.UnixMilli())
	}
	old := clock.Now().Add(-10 * 24 * time.Hour)
	for status, column := range map[string]string{"sent": "sent_at", "failed": "failed_at", "canceled": "updated_at", "expired": "updated_at"} {
		insert(status, status, column, n, old)
	}
	erased, steps := eraseOld(t, store, clock.Now().Add(-8*24*time.Hour))
	require.Equal(t, 4*n, erased)
	require.Greater(t, steps, 4*n/1000)

	// What ended later, and what was created before everything and ended after it, is met.
	newer := clock.Now().Add(-6 * 24 * time.Hour)
	for status, column := range map[string]string{"sent": "sent_at", "failed": "failed_at", "canceled": "updated_at", "expired": "updated_at"} {
		insert("newer "+status, status, column, 2, newer)
	}
	insert("late sent", "sent", "sent_at", 1, old.Add(-23*time.Hour)) // recorded late
	erased, _ = eraseOld(t, store, clock.Now().Add(-5*24*time.Hour))
	require.Equal(t, 4*2+1, erased)

	erased, steps = eraseOld(t, store, clock.Now().Add(-5*24*time.Hour))
	require.Zero(t, erased)
	require.Equal(t, 1, steps, "all that is left to look at is that of a day")

	// Another process knows nothing of that, and goes through all.
	erased, steps = eraseOld(t, openIn(t, dir, clock), clock.Now().Add(-5*24*time.Hour))
	require.Zero(t, erased)
	require.Greater(t, steps, 1)
	page, err := store.List(t.Context(), models.Filter{To: "+905551111111"}, models.Cursor{}, 1)
	require.NoError(t, err)
	require.Empty(t, page.Messages)
}
