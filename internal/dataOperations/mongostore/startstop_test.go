package mongostore_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/wireproxy"
)

// requireTrail demands the ids of the audit trail, newest first.
func (s *stage) requireTrail(t *testing.T, expected ...string) {
	t.Helper()
	entries, total, err := s.replica.SchedulerLogs(t.Context(), 0, 100)
	require.NoError(t, err)
	require.EqualValues(t, len(expected), total)
	found := make([]string, 0, len(entries))
	for _, entry := range entries {
		found = append(found, entry.ID)
	}
	require.Equal(t, append([]string{}, expected...), found)
}

// inTrail counts the entries of scheduler_logs, without adding any.
func (s *stage) inTrail(t *testing.T) int64 {
	t.Helper()
	n, err := s.database.Collection("scheduler_logs").CountDocuments(t.Context(), bson.M{})
	require.NoError(t, err)
	return n
}

func TestStart_LostReplyIsReadBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.fail(t, startStop, wireproxy.LoseReply)
	state, err := s.store.Start(t.Context(), models.SchedulerLog{ID: "mine"})
	require.NoError(t, err)
	require.True(t, state.Running)
	require.Equal(t, "mine", state.StartID)
	s.requireTrail(t, "mine")
}

func TestStop_LostReplyIsReadBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 2)
	s.clock.Move(time.Second)
	s.fail(t, startStop, wireproxy.LoseReply)
	state, err := s.store.Stop(t.Context(), models.SchedulerLog{ID: "mine"})
	require.NoError(t, err)
	require.False(t, state.Running)
	s.requireTrail(t, "mine", "start")
}

func TestStart_FailedChangeIsAnError(t *testing.T) {
	t.Parallel()
	for name, effect := range map[string]wireproxy.Effect{"cut": wireproxy.Cut, "not writable primary": wireproxy.Refuse} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.fail(t, startStop, effect)
			_, err := s.store.Start(t.Context(), models.SchedulerLog{ID: "mine"})
			requireAway(t, err)
			require.False(t, s.state(t).Running)
			s.requireTrail(t)
		})
	}
}

func TestStart_DatabaseGoneAfterTheChangeIsAnsweredSoon(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var gone atomic.Bool
	s.proxy.Inject(func(c wireproxy.Command) wireproxy.Fault {
		if c.Name == startStop.Name && c.Collection == startStop.Collection {
			gone.Store(true)
			return wireproxy.Fault{Effect: wireproxy.LoseReply}
		}
		if gone.Load() {
			return wireproxy.Fault{Delay: time.Minute}
		}
		return wireproxy.Fault{}
	})
	answered := make(chan error, 1)
	go func() {
		_, err := s.store.Start(t.Context(), models.SchedulerLog{ID: "mine"})
		answered <- err
	}()
	select {
	case err := <-answered:
		requireAway(t, err)
	case <-time.After(7 * time.Second): // the store's own timeout is 10 s
		require.Fail(t, "reading back took too long")
	}
	require.True(t, s.state(t).Running)
}

func TestStart_RepeatedIsTheSameStart(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first, err := s.store.Start(t.Context(), models.SchedulerLog{ID: "mine"})
	require.NoError(t, err)
	again, err := s.replica.Start(t.Context(), models.SchedulerLog{ID: "mine"})
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = s.replica.Start(t.Context(), models.SchedulerLog{ID: "another"})
	require.Equal(t, models.KindConflict, models.KindOf(err))
	s.requireTrail(t, "mine")
}

func TestStop_RepeatedDoesNotStopALaterStart(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 2)
	s.clock.Move(time.Second)
	_, err := s.store.Stop(t.Context(), models.SchedulerLog{ID: "stop"})
	require.NoError(t, err)
	s.clock.Move(time.Second)
	_, err = s.replica.Start(t.Context(), models.SchedulerLog{ID: "later"})
	require.NoError(t, err)
	_, err = s.store.Stop(t.Context(), models.SchedulerLog{ID: "stop"})
	require.NoError(t, err)
	require.True(t, s.state(t).Running)
	s.requireTrail(t, "later", "stop", "start")
}

func TestStart_AnotherReplicaStartsInBetween(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.before(startStop, func() {
		_, err := s.replica.Start(t.Context(), models.SchedulerLog{ID: "theirs"})
		require.NoError(t, err)
	})
	_, err := s.store.Start(t.Context(), models.SchedulerLog{ID: "mine"})
	require.Equal(t, models.KindConflict, models.KindOf(err))
	s.requireTrail(t, "theirs")
}

func TestAudit_EntryThatCouldNotBeAddedIsAddedByWhoeverReadsNext(t *testing.T) {
	t.Parallel()
	readers := map[string]func(t *testing.T, store dataoperations.Store){
		"the state": func(t *testing.T, store dataoperations.Store) {
			t.Helper()
			_, err := store.Scheduler(t.Context())
			require.NoError(t, err)
		},
		"the trail": func(t *testing.T, store dataoperations.Store) {
			t.Helper()
			_, _, err := store.SchedulerLogs(t.Context(), 0, 1)
			require.NoError(t, err)
		},
		"to claim": func(t *testing.T, store dataoperations.Store) {
			t.Helper()
			_, err := store.Claim(t.Context(), request(1))
			require.NoError(t, err)
		},
	}
	for name, reads := range readers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.fail(t, auditUpdate, wireproxy.Cut)
			_, err := s.store.Start(t.Context(), models.SchedulerLog{ID: "mine"})
			require.NoError(t, err, "it is started, and its entry is safe")
			require.Zero(t, s.inTrail(t))
			reads(t, s.replica)
			require.EqualValues(t, 1, s.inTrail(t))
			s.requireTrail(t, "mine")
		})
	}
}

func TestAudit_LostReplyAddsTheEntryOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.fail(t, auditUpdate, wireproxy.LoseReply)
	_, err := s.store.Start(t.Context(), models.SchedulerLog{ID: "mine", Actor: "alice"})
	require.NoError(t, err)
	_, err = s.store.Scheduler(t.Context())
	require.NoError(t, err)
	s.requireTrail(t, "mine")
}

func TestAudit_NothingChangesBeforeTheLastEntryIsSafe(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	hook, _ := wireproxy.Times(1000, auditUpdate, wireproxy.NotWritablePrimary())
	s.proxy.Inject(hook)
	_, err := s.store.Start(t.Context(), models.SchedulerLog{ID: "start"})
	require.NoError(t, err)
	_, err = s.store.Stop(t.Context(), models.SchedulerLog{ID: "stop"})
	requireAway(t, err)
	s.clock.Move(time.Second)
	s.proxy.Inject(nil)
	_, err = s.store.Stop(t.Context(), models.SchedulerLog{ID: "stop"})
	require.NoError(t, err)
	s.requireTrail(t, "stop", "start")
}

func TestSchedulerLogs_EntriesOfTheReferenceAreRead(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	start, stop := bson.NewObjectID(), bson.NewObjectID()
	at := s.clock.Now()
	_, err := s.database.Collection("scheduler_logs").InsertMany(t.Context(), []any{
		bson.M{"_id": start, "action": "start", "timestamp": at, "created_at": at},
		bson.M{"_id": stop, "action": "stop", "start_id": start, "timestamp": at.Add(time.Second), "created_at": at},
	})
	require.NoError(t, err)
	entries, total, err := s.store.SchedulerLogs(t.Context(), 0, 10)
	require.NoError(t, err)
	require.EqualValues(t, 2, total)
	require.Equal(t, models.SchedulerLog{
		ID: stop.Hex(), Action: models.ActionStop, StartID: start.Hex(), Timestamp: at.Add(time.Second), CreatedAt: at,
	}, entries[0])
}
