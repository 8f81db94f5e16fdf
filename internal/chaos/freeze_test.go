package chaos_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/e2e/program"
	"auto-message-sender/internal/faults"
)

// isFrozen reports whether the process is stopped by a signal.
func isFrozen(p *program.Process) bool {
	content, err := os.ReadFile("/proc/" + strconv.Itoa(p.PID()) + "/stat")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(content), ") ")
	return strings.HasPrefix(rest, "T")
}

// message returns what the API says of a message.
func (s *scene) message(i int, id string) map[string]any {
	s.t.Helper()
	status, answer, err := s.call(s.at(i), http.MethodGet, "/api/v1/messages/"+id, "")
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, status)
	return answer
}

// A process is frozen, with a claim, before its first byte; its claim is rescued
// and the message sent by another. When it wakes it must send nothing.
func TestFreeze_BetweenClaimAndFirstByteSendsNothingAfterItsLease(t *testing.T) {
	t.Parallel()
	for _, point := range []string{faults.Claimed, faults.Begin} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, faulty, 0, always, nil)
			frozen := s.add(map[string]string{"AMS_FREEZE_AT": point, "LOG_LEVEL": "info"})
			s.accept(frozen, 1)
			s.run(frozen)
			require.Eventually(t, func() bool { return isFrozen(s.at(frozen)) }, patience, time.Millisecond)
			s.died(frozen)
			other := s.add(nil)
			s.waitForSent(other, 1)
			before, calls := s.message(other, s.tr.posted[0].ID), s.hook.count()

			require.NoError(t, s.at(frozen).Signal(syscall.SIGCONT))
			require.Eventually(t, func() bool {
				said := s.at(frozen).Stderr.String() // its time may be over before it asks
				return strings.Contains(said, "given back before its attempt began") || strings.Contains(said, "the claim no longer stood")
			}, patience, 10*time.Millisecond, "it never learns that it must not begin")
			require.Equal(t, before, s.message(other, s.tr.posted[0].ID), "and that changed nothing")
			require.Equal(t, calls, s.hook.count(), "no call but the other's: %v", before)

			s.accept(frozen, 3)
			s.waitForSent(other, 4)
			s.terminate()
			summary := s.reconcile()
			require.Equal(t, 1, summary.Rescued)
			require.Zero(t, summary.Duplicates)
		})
	}
}

// A process is frozen while it waits for the answer, past its lease: whatever the
// answer says, the message is another's by then.
func TestFreeze_InMidSendItsLateOutcomeChangesNothing(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusAccepted, http.StatusBadRequest, http.StatusServiceUnavailable} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			arrived, release := make(chan struct{}), make(chan struct{})
			var calls atomic.Int64
			s := newScene(t, binary, 1, func(string) verdict {
				if calls.Add(1) > 1 {
					return verdict{status: http.StatusAccepted}
				}
				close(arrived)
				<-release
				return verdict{status: status}
			}, nil)
			s.accept(0, 1)
			s.run(0)
			<-arrived
			s.freezeUnlocked(0)
			s.died(0)
			close(release)
			other := s.add(nil)
			s.waitForSent(other, 1)
			before := s.message(other, s.tr.posted[0].ID)

			require.NoError(t, s.at(0).Signal(syscall.SIGCONT))
			require.Eventually(t, func() bool {
				return strings.Contains(s.at(0).Stderr.String(), "the claim no longer stood") ||
					!reflect.DeepEqual(before, s.message(other, s.tr.posted[0].ID))
			}, patience, 10*time.Millisecond, "its outcome is never refused")
			require.Equal(t, before, s.message(other, s.tr.posted[0].ID), "and that changed nothing")

			s.accept(0, 3)
			s.waitForSent(other, 4)
			s.terminate()
			summary := s.reconcile()
			require.Equal(t, 1, summary.Rescued)
			require.Equal(t, map[bool]int{true: 1, false: 0}[status == http.StatusAccepted], summary.Duplicates)
		})
	}
}

// freezeUnlocked stops a process at a moment when it does not hold the file's lock:
// one that is stopped with it keeps everybody from writing until it goes on, which
// is true of any program and not what these tests are about.
func (s *scene) freezeUnlocked(i int) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		require.NoError(s.t, s.at(i).Signal(syscall.SIGSTOP))
		if s.canWrite() && s.allStopped(i) && s.canWrite() {
			return true
		}
		require.NoError(s.t, s.at(i).Signal(syscall.SIGCONT))
		return false
	}, patience, 10*time.Millisecond, "it never lets go of the file")
}

// allStopped waits until every thread of the slot's process has stopped. One that was
// in a system call when the signal came ends that first, and may take the lock by it.
func (s *scene) allStopped(i int) bool {
	s.t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", s.at(i).PID()))
	require.NoError(s.t, err)
	for _, thread := range threads { // none where there is no /proc
		require.Eventually(s.t, func() bool {
			stat, err := os.ReadFile(thread) //nolint:gosec // of /proc
			_, state, _ := strings.Cut(string(stat), ") ")
			return err != nil || strings.HasPrefix(state, "T")
		}, patience, time.Millisecond, "a thread goes on")
	}
	return true
}

// canWrite reports whether nobody holds the file's lock.
func (s *scene) canWrite() bool {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "messages.db")+"?_txlock=immediate&_pragma=busy_timeout(200)")
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, db.Close()) }()
	tx, err := db.BeginTx(s.t.Context(), nil)
	if err != nil {
		return false
	}
	return tx.Rollback() == nil
}
