package sqlitestore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

const tick = time.Millisecond

// change changes rows in the writer's transaction.
type change = func(query string, args ...any) (int64, error)

// block holds the writer up until the function returned is called.
func block(t *testing.T, store *sqlitestore.Store) (release func()) {
	t.Helper()
	begun, end, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- sqlitestore.Write(context.WithoutCancel(t.Context()), store, func(change) error {
			close(begun)
			<-end
			return nil
		})
	}()
	<-begun
	release = sync.OnceFunc(func() { close(end) })
	t.Cleanup(func() {
		release()
		if err := <-ended; err != nil {
			requireMisplaced(t, err) // it changes nothing itself, but is told
		}
	})
	return release
}

// queue starts an operation and returns when it waits behind those before it.
func queue(t *testing.T, store *sqlitestore.Store, operation func() error) (answer chan error) {
	t.Helper()
	before := sqlitestore.Waiting(store)
	answer = make(chan error, 1)
	go func() { answer <- operation() }()
	require.Eventually(t, func() bool { return sqlitestore.Waiting(store) > before }, 10*time.Second, tick)
	return answer
}

func TestWriter_WhatHasQueuedUpIsOneTransaction(t *testing.T) {
	t.Parallel()
	store, _, _ := setup(t)
	commits, err := sqlitestore.CountCommits(t.Context(), store)
	require.NoError(t, err)
	release := block(t, store)
	var answers []chan error
	for i := range 50 {
		answers = append(answers, queue(t, store, func() error {
			return store.Accept(t.Context(), messages(i, 1, store.Now())...)
		}))
	}
	release()
	for _, answer := range answers {
		require.NoError(t, <-answer)
	}
	require.NoError(t, store.Close())
	require.Equal(t, 1, *commits)
}

func TestWriter_ABadOperationSpoilsNobody(t *testing.T) {
	t.Parallel()
	store, _, _ := setup(t)
	release := block(t, store)
	accept := func(first int) chan error {
		return queue(t, store, func() error { return store.Accept(t.Context(), messages(first, 2, store.Now())...) })
	}
	before := accept(1)
	bad := queue(t, store, func() error {
		return sqlitestore.Write(t.Context(), store, func(change change) error {
			if _, err := change(`DELETE FROM messages`); err != nil {
				return err
			}
			return errors.New("changed its mind")
		})
	})
	conflicting := accept(0) // stores one of its two before it meets the other
	unknown := queue(t, store, func() error {
		return sqlitestore.Write(t.Context(), store, func(change change) error {
			_, err := change(`INSERT INTO nowhere VALUES (1)`)
			return err
		})
	})
	after := accept(10)
	release()

	require.NoError(t, <-before)
	require.ErrorContains(t, <-bad, "changed its mind")
	require.Equal(t, models.KindConflict, models.KindOf(<-conflicting))
	require.ErrorContains(t, <-unknown, "no such table")
	require.NoError(t, <-after)
	counts, err := store.Counts(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 4, counts[models.StatusPending])
	for id, there := range map[int]bool{0: false, 1: true, 2: true, 10: true, 11: true} {
		_, err := store.Message(t.Context(), messages(id, 1, store.Now())[0].ID.Text)
		require.Equal(t, there, err == nil, "message %d", id)
	}
}

func TestWriter_AnOperationCalledOffBeforeItBeganNeverBegins(t *testing.T) {
	t.Parallel()
	store, _, _ := setup(t)
	release := block(t, store)
	ctx, cancel := context.WithCancel(t.Context())
	calledOff := queue(t, store, func() error { return store.Accept(ctx, messages(1, 1, store.Now())...) })
	stays := queue(t, store, func() error { return store.Accept(t.Context(), messages(2, 1, store.Now())...) })
	cancel()
	require.ErrorIs(t, <-calledOff, context.Canceled, "it waits for nothing")
	release()
	require.NoError(t, <-stays)
	_, err := store.Message(t.Context(), messages(1, 1, store.Now())[0].ID.Text)
	require.Equal(t, models.KindNotFound, models.KindOf(err))
}

func TestWriter_AnotherProcessesTransactionIsWaitedForAsLongAsTheCallerWants(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	other := openIn(t, dir, clock)
	release := block(t, other) // it holds the file's lock
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, store.Ping(ctx), context.DeadlineExceeded)
	require.Eventually(t, func() bool { return sqlitestore.Waiting(store) == 0 }, 10*time.Second, tick, "it still waits")
	waits := queue(t, store, func() error { return store.Accept(t.Context(), messages(1, 1, store.Now())...) })
	release()
	require.NoError(t, <-waits)
}

func TestClose_WritesWhatWaits(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	release := block(t, store)
	waits := queue(t, store, func() error { return store.Accept(t.Context(), messages(1, 1, store.Now())...) })
	closed := make(chan error, 1)
	go func() { closed <- store.Close() }()
	release()
	require.NoError(t, <-waits)
	require.NoError(t, <-closed)
	_, err := openIn(t, dir, clock).Message(t.Context(), messages(1, 1, clock.Now())[0].ID.Text)
	require.NoError(t, err)
}

func TestWriter_RecoversFromAFullDisk(t *testing.T) {
	t.Parallel()
	store, _, _ := setup(t)
	require.NoError(t, store.Accept(t.Context(), messages(1, 5, store.Now())...))
	result, err := store.Claim(t.Context(), request(1))
	require.NoError(t, err)

	// SQLite says of a file that may not grow what it says of a full disk.
	limit := func(pages any) {
		_, err := sqlitestore.Setting(t.Context(), store, "max_page_count = "+pages.(string)) //nolint:forcetypeassert // as called below.
		require.NoError(t, err)
	}
	limit("1")
	err = store.Accept(t.Context(), messages(1000, 1000, store.Now())...)
	require.Equal(t, models.KindUnavailable, models.KindOf(err))
	require.ErrorContains(t, err, "full")
	counts, err := store.Counts(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 4, counts[models.StatusPending], "nothing of it was stored")

	applied, err := store.Record(t.Context(), outcomes(result.Claimed, store.Now()))
	require.NoError(t, err, "what fits is still written")
	require.Equal(t, []bool{true}, applied)

	limit("1000000")
	require.NoError(t, store.Accept(t.Context(), messages(1000, 1000, store.Now())...))
	require.NoError(t, store.Ping(t.Context()))
}

func TestClaim_FindingNothingWritesNothing(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	require.NoError(t, store.Configure(t.Context(), models.Pace{Interval: time.Minute, PerWindow: 2}))
	result, err := store.Claim(t.Context(), request(10))
	require.NoError(t, err)
	require.True(t, result.WindowOpened)
	require.NoError(t, store.Accept(t.Context(), messages(1, 5, clock.Now().Add(time.Hour))...))
	sqlitestore.WaitForBackground(store)

	before := walSize(t, dir)
	commits, err := sqlitestore.CountCommits(t.Context(), store)
	require.NoError(t, err)
	for range 10 {
		result, err := store.Claim(t.Context(), request(10))
		require.NoError(t, err)
		require.Empty(t, result.Claimed)
		_, _, err = store.Adopt(t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: takeAll})
		require.NoError(t, err)
		require.NoError(t, store.Ping(t.Context()))
		require.NoError(t, store.Configure(t.Context(), models.Pace{Interval: time.Minute, PerWindow: 2}))
	}
	require.Equal(t, before, walSize(t, dir), "the WAL has grown")
	require.NoError(t, store.Close())
	require.Zero(t, *commits)
}

// walSize returns the size of the WAL in bytes.
func walSize(t *testing.T, dir directory) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir.dir, sqlitestore.FileName+"-wal"))
	require.NoError(t, err)
	return info.Size()
}
