package sqlitestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dataOperations/storetest"
	"auto-message-sender/internal/models"
)

// smallDisk mounts a file system of the size given, or skips the test where this
// process may not.
func smallDisk(t *testing.T, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+size)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skip("left out: a disk to fill up is mounted by root only; TestWriter_RecoversFromAFullDisk has SQLite say that one is full")
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

// fillUp writes until the disk takes not one byte more; removing the file makes room.
func fillUp(t *testing.T, dir string) (room func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	ballast, err := os.Create(path) //nolint:gosec // a file of this test.
	require.NoError(t, err)
	block := make([]byte, 4096)
	for err == nil {
		_, err = ballast.Write(block)
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, ballast.Close())
	return func() { require.NoError(t, os.Remove(path)) }
}

func TestStore_AFullDiskIsSaidAndNothingIsHalfStored(t *testing.T) {
	t.Parallel()
	dir, clock := directory{smallDisk(t, "2m")}, storetest.NewClock()
	store := openIn(t, dir, clock)
	require.NoError(t, store.Configure(t.Context(), models.Pace{Interval: 1e9}))
	_, err := store.Start(t.Context(), models.SchedulerLog{ID: "start"})
	require.NoError(t, err)
	require.NoError(t, store.Accept(t.Context(), messages(1, 10, clock.Now())...))
	result, err := store.Claim(t.Context(), request(3))
	require.NoError(t, err)
	require.Len(t, result.Claimed, 3)
	sqlitestore.WaitForBackground(store)

	pending := int64(7)
	for round := range 2 { // full, with room again, and full once more
		room := fillUp(t, dir.dir)
		err = store.Accept(t.Context(), messages(1000, 1000, clock.Now())...)
		require.Equal(t, models.KindUnavailable, models.KindOf(err), "%v", err)
		require.ErrorContains(t, err, "the store is full")
		// What the file had room for before is used up first, by the probe too.
		for n := 100 * (1 + round); ; n++ {
			require.Less(t, n, 200*(1+round), "something is always stored")
			if err = store.Accept(t.Context(), messages(n, 1, clock.Now())...); err == nil {
				pending++
			} else if err = store.Ping(t.Context()); err != nil {
				break
			}
		}
		require.ErrorContains(t, err, "the store is full")
		_, err = store.Record(t.Context(), outcomes(result.Claimed, clock.Now()))
		require.ErrorContains(t, err, "the store is full")
		claimed, err := store.Claim(t.Context(), request(3))
		require.ErrorContains(t, err, "the store is full")
		require.Empty(t, claimed.Claimed)
		requireCounts(t, store, models.Counts{models.StatusPending: pending, models.StatusSending: 3})
		room()
		require.NoError(t, store.Ping(t.Context()), "it recovers by itself")
	}
	applied, err := store.Record(t.Context(), outcomes(result.Claimed, clock.Now()))
	require.NoError(t, err)
	require.Equal(t, []bool{true, true, true}, applied)
	require.NoError(t, store.Accept(t.Context(), messages(1000, 1000, clock.Now())...))
	requireCounts(t, store, models.Counts{models.StatusPending: 1000 + pending, models.StatusSent: 3})
	requireWhole(t, store, dir, clock)
}
