package dispatch_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
)

// promptly is what people call at once.
const promptly = 1300 * time.Millisecond

// insertByHand puts messages of ids into the file as a person with the sqlite3 shell would.
func (s *scene) insertByHand(ids ...string) {
	s.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.dir, sqlitestore.FileName))
	require.NoError(s.t, err)
	for _, id := range ids {
		_, err := db.ExecContext(s.t.Context(), `INSERT INTO messages (id, "to", content) VALUES (?, '+905551111111', 'hi')`, id)
		require.NoError(s.t, err)
	}
	require.NoError(s.t, db.Close())
}

// adoptions counts the questions for messages inserted by hand, and fails them at will.
type adoptions struct {
	dispatch.Store

	mu    sync.Mutex
	asked int
	fail  error
}

func (a *adoptions) Adopt(ctx context.Context, request dataoperations.AdoptRequest) (adopted, refused int, err error) {
	a.mu.Lock()
	a.asked++
	fail := a.fail
	a.mu.Unlock()
	if fail != nil {
		return 0, 0, fail
	}
	return a.Store.Adopt(ctx, request) //nolint:wrapcheck // a test's
}

// took returns how often it was asked since the last time, and fails from now on with err.
func (a *adoptions) took(fail error) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer func() { a.asked = 0 }()
	a.fail = fail
	return a.asked
}

func TestAdopt_GoesOnWhileTheSchedulerIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, nil)
		r := s.replica(uncapped(), nil)
		r.Start()
		defer r.end(t)
		pause(10 * time.Second)
		inserted := now()
		s.insertByHand("m-0001", "m-0002")
		pause(promptly)
		require.Equal(t, models.Counts{models.StatusPending: 2}, present(r.counts(t)))
		adopted := r.message(t, "m-0001")
		require.WithinDuration(t, inserted, adopted.CreatedAt, promptly)
		require.Empty(t, s.hook.seen(), "stopped")

		pause(time.Hour)
		r.start(t)
		pause(late)
		require.Len(t, s.hook.seen(), 2)
		require.Equal(t, adopted.CreatedAt, r.message(t, "m-0001").CreatedAt, "not that of the start")
	})
}

func TestAdopt_AnInvalidOneFailsWhileTheSchedulerIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, counts := newScene(t, nil), new(tally)
		r := s.replica(uncapped(), func(o *dispatch.Options) {
			o.Observer = counts
			o.Inspect = func(string, string) (models.Inspected, error) {
				return models.Inspected{}, errors.New("to is no phone number")
			}
		})
		r.Start()
		defer r.end(t)
		pause(10 * time.Second)
		s.insertByHand("m-0001")
		pause(promptly)
		refused := r.message(t, "m-0001")
		require.Equal(t, models.StatusFailed, refused.Status)
		require.Equal(t, "to is no phone number", refused.Error)
		require.Equal(t, map[string]int{"refused": 1}, counts.counted())
	})
}

// Of a large import the rest does not wait a second for each step.
func TestAdopt_ALargeImportIsTakenUpInOneGoWhileTheSchedulerIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, nil)
		r := s.replica(uncapped(), nil)
		r.Start()
		defer r.end(t)
		pause(10 * time.Second)
		ids := make([]string, 1700)
		for i := range ids {
			ids[i] = fmt.Sprintf("m-%04d", i)
		}
		s.insertByHand(ids...)
		pause(promptly)
		require.EqualValues(t, len(ids), r.counts(t)[models.StatusPending])
	})
}

func TestAdopt_AStoppedSchedulerAsksOnceASecondHoweverOftenItIsWoken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, asked := newScene(t, nil), new(adoptions)
		r := s.replica(uncapped(), func(o *dispatch.Options) { asked.Store, o.Store = o.Store, asked })
		r.Start()
		defer r.end(t)
		pause(10*time.Second + time.Millisecond)
		asked.took(nil)
		for range 6000 {
			pause(10 * time.Millisecond)
			r.Scheduler().Wake()
		}
		require.InDelta(t, 60, asked.took(nil), 1)
		r.start(t)
		pause(time.Minute)
		require.InDelta(t, 240, asked.took(nil), 2, "and one that runs at each poll")
	})
}

func TestAdopt_ThatFailsWhileStoppedIsOneTroubleUntilItWorks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, asked := newScene(t, nil), new(adoptions)
		log, told := test.NewNullLogger()
		r := s.replica(uncapped(), func(o *dispatch.Options) {
			asked.Store, o.Store, o.Log = o.Store, asked, log
		})
		r.Start()
		defer r.end(t)
		pause(10 * time.Second)
		asked.took(errors.New("gone"))
		pause(30 * time.Second)
		require.Len(t, told.AllEntries(), 1, "it fails")
		asked.took(nil)
		pause(30 * time.Second)
		require.Len(t, told.AllEntries(), 2, "it answers again")
	})
}

// present returns the counts that are not zero.
func present(counts models.Counts) models.Counts {
	maps.DeleteFunc(counts, func(_ models.Status, n int64) bool { return n == 0 })
	return counts
}
