package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

func schedulerTests() []test {
	pace := models.Pace{Interval: interval, PerWindow: 2}
	return []test{
		{"a new store's scheduler does not run", func(t *testing.T, s *scene) {
			state := s.scheduler(t)
			require.False(t, state.Running)
			require.True(t, state.StartedAt.IsZero())
			require.Zero(t, state.WindowSeq)
		}},
		{"a start is seen by every store", func(t *testing.T, s *scene) {
			require.NoError(t, s.store.Configure(t.Context(), pace))
			returned := s.start(t)
			require.True(t, returned.Running)
			require.Equal(t, pace, returned.Pace)
			requireTime(t, s.clock.Now(), returned.StartedAt, "started at")
			requireTime(t, s.clock.Now(), returned.NextWindowAt, "the first window is due at once")
			read, err := s.open(t).Scheduler(t.Context())
			require.NoError(t, err)
			require.Equal(t, returned, read)
		}},
		{"a stop is seen by every store", func(t *testing.T, s *scene) {
			s.run(t, 2)
			s.claim(t, 1)
			s.clock.Move(time.Second)
			returned := s.stop(t)
			require.False(t, returned.Running)
			requireTime(t, s.clock.Now(), returned.StoppedAt, "stopped at")
			require.Zero(t, returned.WindowRemaining)
			read, err := s.open(t).Scheduler(t.Context())
			require.NoError(t, err)
			require.Equal(t, returned, read)
		}},
		{"a second start is a conflict and leaves no entry", func(t *testing.T, s *scene) {
			s.run(t, 2)
			before := s.scheduler(t)
			s.clock.Move(time.Second)
			_, err := s.store.Start(t.Context(), models.SchedulerLog{ID: "again", Action: models.ActionStart})
			require.Equal(t, models.KindConflict, models.KindOf(err))
			require.Equal(t, before, s.scheduler(t))
			s.requireLogs(t, 1)
		}},
		{"a second stop is a conflict and leaves no entry", func(t *testing.T, s *scene) {
			_, err := s.store.Stop(t.Context(), models.SchedulerLog{ID: "early", Action: models.ActionStop})
			require.Equal(t, models.KindConflict, models.KindOf(err))
			s.run(t, 2)
			s.stop(t)
			_, err = s.store.Stop(t.Context(), models.SchedulerLog{ID: "again", Action: models.ActionStop})
			require.Equal(t, models.KindConflict, models.KindOf(err))
			s.requireLogs(t, 2)
		}},
		{"the audit trail pairs each stop with its start, newest first", auditTrail},
		{"the environment's pace holds until it changes", func(t *testing.T, s *scene) {
			configure := func(pace models.Pace) {
				require.NoError(t, s.store.Configure(t.Context(), pace))
			}
			configure(pace)
			require.Equal(t, pace, s.scheduler(t).Pace)

			byAPI := models.Pace{Interval: time.Minute, PerWindow: 7}
			s.data.SetPaceByHand(t, byAPI)
			configure(pace)
			require.Equal(t, byAPI, s.scheduler(t).Pace, "a restart with the same environment")

			changed := models.Pace{Interval: interval, PerWindow: 3}
			configure(changed)
			require.Equal(t, changed, s.scheduler(t).Pace, "the environment changed")
			configure(pace)
			require.Equal(t, pace, s.scheduler(t).Pace, "and changed back")
		}},
		{"configuring leaves a running scheduler and its window alone", func(t *testing.T, s *scene) {
			s.run(t, 2)
			s.accept(t, 9)
			require.Len(t, s.claim(t, 1), 1)
			before := s.scheduler(t)
			require.NoError(t, s.store.Configure(t.Context(), pace))
			require.Equal(t, before, s.scheduler(t))
			require.NoError(t, s.store.Configure(t.Context(), models.Pace{Interval: interval, PerWindow: 5}))
			after := s.scheduler(t)
			require.True(t, after.Running)
			require.Equal(t, before.WindowSeq, after.WindowSeq)
			require.Equal(t, before.StartID, after.StartID)
		}},
		{"everything is still there when the store is opened again", func(t *testing.T, s *scene) {
			s.run(t, 2)
			made := s.accept(t, 3)
			require.Len(t, s.claim(t, 1), 1)
			before := s.scheduler(t)
			require.NoError(t, s.store.Close())
			s.store = s.open(t)
			require.Equal(t, before, s.scheduler(t))
			require.Equal(t, models.StatusSending, s.message(t, made[0].ID).Status)
			s.requireCounts(t, models.Counts{models.StatusPending: 2, models.StatusSending: 1})
			require.Len(t, s.claim(t, 9), 1, "the window goes on where it was")
		}},
	}
}

// requireLogs reads the audit trail and demands n entries.
func (s *scene) requireLogs(t *testing.T, n int) []models.SchedulerLog {
	t.Helper()
	entries, total, err := s.store.SchedulerLogs(t.Context(), 0, 100)
	require.NoError(t, err)
	require.Len(t, entries, n)
	require.EqualValues(t, n, total)
	return entries
}

func auditTrail(t *testing.T, s *scene) {
	require.NoError(t, s.store.Configure(t.Context(), models.Pace{Interval: interval, PerWindow: 2}))
	began := s.clock.Now()
	for _, round := range []string{"1", "2"} {
		_, err := s.store.Start(t.Context(), models.SchedulerLog{
			ID: "start-" + round, Action: models.ActionStart, Actor: "alice", Replica: "replica-1",
		})
		require.NoError(t, err)
		s.clock.Move(time.Second)
		_, err = s.store.Stop(t.Context(), models.SchedulerLog{
			ID: "stop-" + round, Action: models.ActionStop, Actor: "bob", Replica: "replica-2", Reason: "maintenance " + round,
		})
		require.NoError(t, err)
		s.clock.Move(time.Second)
	}
	entries := s.requireLogs(t, 4)
	for i, expected := range []models.SchedulerLog{
		{ID: "stop-2", Action: models.ActionStop, StartID: "start-2", Actor: "bob", Replica: "replica-2", Reason: "maintenance 2"},
		{ID: "start-2", Action: models.ActionStart, Actor: "alice", Replica: "replica-1"},
		{ID: "stop-1", Action: models.ActionStop, StartID: "start-1", Actor: "bob", Replica: "replica-2", Reason: "maintenance 1"},
		{ID: "start-1", Action: models.ActionStart, Actor: "alice", Replica: "replica-1"},
	} {
		at := began.Add(time.Duration(3-i) * time.Second)
		requireTime(t, at, entries[i].Timestamp, "timestamp")
		requireTime(t, at, entries[i].CreatedAt, "created at")
		entries[i].Timestamp, entries[i].CreatedAt = time.Time{}, time.Time{}
		require.Equal(t, expected, entries[i])
	}
	require.Equal(t, "start-2", s.scheduler(t).StartID)

	page, total, err := s.store.SchedulerLogs(t.Context(), 1, 2)
	require.NoError(t, err)
	require.EqualValues(t, 4, total)
	require.Len(t, page, 2)
	require.Equal(t, "start-2", page[0].ID)
	require.Equal(t, "stop-1", page[1].ID)
}
