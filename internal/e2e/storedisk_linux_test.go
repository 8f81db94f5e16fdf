package e2e_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// limitFiles lets no file of a running process be written at or beyond size: for
// the process, its disk fails. A negative size takes the limit away.
func limitFiles(t *testing.T, pid int, size int64) {
	t.Helper()
	limit := syscall.Rlimit{Cur: ^uint64(0), Max: ^uint64(0)}
	if size >= 0 {
		limit.Cur = uint64(size)
	}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), syscall.RLIMIT_FSIZE,
		uintptr(unsafe.Pointer(&limit)), 0, 0, 0) //nolint:gosec // the call wants an address
	require.Zero(t, errno, "prlimit: %v", errno)
}

func TestServe_ADiskThatFailsIsSaidAndNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	hook := newReceiver(t, nil)
	arrived, release := make(chan struct{}, 64), make(chan struct{})
	p, promised := sending(t, hook, t.TempDir())
	// One is under way while the disk fails: its outcome has to wait.
	hook.mu.Lock()
	hook.answer = func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-release
		hook.accept(w, r.Header.Get("Idempotency-Key"))
	}
	hook.mu.Unlock()
	require.True(t, p.accepted(promised))
	<-arrived
	limitFiles(t, p.PID(), 0)
	close(release)
	for range 5 {
		require.False(t, p.accepted(promised), "it could not be stored")
	}
	p.requireStoreTrouble("the store's disk failed to read or write")
	require.Regexp(t, `level=error msg="the store cannot be written"`, p.Stderr.String())
	p.must(http.StatusOK, "GET", "/livez", "")
	limitFiles(t, p.PID(), -1)
	p.waitFor("/readyz")
	for range 5 {
		require.True(t, p.accepted(promised))
	}
	p.requireOnceEach(hook, promised)
	p.waitForSent(len(hook.perKey()))
}

func TestServe_AFullDiskAnswers503AndRecoversByItself(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size=8m")
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skip("left out: a disk to fill up is mounted by root only")
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	hook := newReceiver(t, nil)
	p, promised := sending(t, hook, dir)

	ballast, err := os.Create(filepath.Join(dir, "ballast")) //nolint:gosec // the test's own
	require.NoError(t, err)
	for block := make([]byte, pageSize); err == nil; {
		_, err = ballast.Write(block)
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, ballast.Close())
	for refused := 0; refused < 5; { // after what there was still room for
		if !p.accepted(promised) {
			refused++
		}
	}
	p.requireStoreTrouble("the store is full")
	require.NoError(t, os.Remove(ballast.Name()))
	p.waitFor("/readyz")
	require.True(t, p.accepted(promised))
	p.requireOnceEach(hook, promised)
	p.waitForSent(len(hook.perKey()))
}
