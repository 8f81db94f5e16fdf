package sqlitestore_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dataOperations/storetest"
	"auto-message-sender/internal/e2e/program"
	"auto-message-sender/internal/models"
)

// holdCheck makes messages wait for a check that cannot begin until it is let go.
func holdCheck(t *testing.T, store *sqlitestore.Store) (let func() error) {
	t.Helper()
	sqlitestore.WaitForBackground(store)
	let, err := sqlitestore.HoldReaders(t.Context(), store)
	require.NoError(t, err)
	sqlitestore.CheckAgain(store)
	return let
}

func TestClaim_WaitsForTheCheckAndAcceptDoesNot(t *testing.T) {
	t.Parallel()
	store, _, clock := setup(t)
	let := holdCheck(t, store)
	require.NoError(t, store.Accept(t.Context(), messages(1, 3, clock.Now())...))

	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := store.Claim(short, request(3))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, _, err = store.Adopt(short, dataoperations.AdoptRequest{Limit: 3, Inspect: takeAll})
	require.ErrorIs(t, err, context.DeadlineExceeded)

	claimed := make(chan int, 1)
	go func() {
		result, err := store.Claim(t.Context(), request(3))
		if err != nil {
			claimed <- -1
		}
		claimed <- len(result.Claimed)
	}()
	require.Empty(t, claimed)
	require.NoError(t, let())
	require.Equal(t, 3, <-claimed)
}

// A file that takes longer to read through than anybody wants to wait.
func TestClaim_DoesNotWaitForTheCheckForEver(t *testing.T) {
	t.Parallel()
	store, _, clock := setup(t)
	let := holdCheck(t, store)
	require.NoError(t, store.Accept(t.Context(), messages(1, 3, clock.Now())...))
	result, err := store.Claim(t.Context(), request(3))
	require.NoError(t, err)
	require.Len(t, result.Claimed, 3, "although the check has not even begun")
	require.NoError(t, let())
}

func TestClaim_FromADamagedFileNotOneMessageIsTaken(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	require.NoError(t, store.Accept(t.Context(), messages(1, 3000, clock.Now())...))
	require.NoError(t, store.Close())
	damage(t, dir)
	store = openIn(t, dir, clock)
	// At once: the damage is in no page that the claim reads.
	result, err := store.Claim(t.Context(), request(10))
	require.Equal(t, models.KindCorrupt, models.KindOf(err), "%v", err)
	require.Empty(t, result.Claimed)
}

func TestClose_EndsTheCheckAndWaitsForTheBackground(t *testing.T) {
	t.Parallel()
	dir, clock, told := directory{t.TempDir()}, storetest.NewClock(), new(program.Output)
	store := openTold(t, dir, clock, told)
	let := holdCheck(t, store)
	defer func() { require.NoError(t, let()) }()
	end := make(chan struct{})
	sqlitestore.InBackground(store, func() { <-end })

	closed := make(chan error, 1)
	go func() { closed <- store.Close() }()
	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		_, _ = store.Claim(context.WithoutCancel(t.Context()), request(1)) // whatever it gets: nobody hangs
	}()
	require.NoError(t, store.Accept(t.Context(), messages(1, 1, clock.Now())...), "the file is open as long as the background works")
	require.Never(t, func() bool { return len(closed) > 0 }, 50*time.Millisecond, tick)
	close(end)
	require.NoError(t, <-closed)
	<-waiting
	require.NotContains(t, told.String(), "could not be checked", "to be called off is no failure")
}

func TestClose_InTheMiddleOfACheckIsQuietAndLosesNothing(t *testing.T) {
	t.Parallel()
	const many = 50_000
	store, dir, clock := setup(t)
	require.NoError(t, store.Close())
	dir.shell(t, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO messages ("to", content) SELECT '+905551111111', 'text ' || i FROM n`, many)
	told := new(program.Output)
	for range 3 {
		store := openTold(t, dir, clock, told)
		require.NoError(t, store.Close())
	}
	require.Empty(t, told.String())
	var found string
	require.NoError(t, readOne(t, filepath.Join(dir.dir, sqlitestore.FileName), "PRAGMA quick_check", &found))
	require.Equal(t, "ok", found)
}
