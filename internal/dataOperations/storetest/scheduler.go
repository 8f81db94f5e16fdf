package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

func schedulerTests() []test {
	pace := models.Pace{Interval: interval, PerWindow: 2}
	return []test{
		{"a new store's scheduler does not run", func(s *scene) {
			state := s.scheduler()
			require.False(s.t, state.Running)
			require.True(s.t, state.StartedAt.IsZero())
			require.Zero(s.t, state.WindowSeq)
		}},
		{"a start is seen by every store", func(s *scene) {
			require.NoError(s.t, s.store.Configure(s.t.Context(), pace))
			returned := s.start()
			require.True(s.t, returned.Running)
			require.Equal(s.t, pace, returned.Pace)
			requireTime(s.t, s.clock.Now(), returned.StartedAt, "started at")
			requireTime(s.t, s.clock.Now(), returned.NextWindowAt, "the first window is due at once")
			read, err := s.open().Scheduler(s.t.Context())
			require.NoError(s.t, err)
			require.Equal(s.t, returned, read)
		}},
		{"a stop is seen by every store", func(s *scene) {
			s.run(2)
			s.claim(1)
			s.clock.Move(time.Second)
			returned := s.stop()
			require.False(s.t, returned.Running)
			requireTime(s.t, s.clock.Now(), returned.StoppedAt, "stopped at")
			require.Zero(s.t, returned.WindowRemaining)
			read, err := s.open().Scheduler(s.t.Context())
			require.NoError(s.t, err)
			require.Equal(s.t, returned, read)
		}},
		{"a second start is a conflict and leaves no entry", func(s *scene) {
			s.run(2)
			before := s.scheduler()
			s.clock.Move(time.Second)
			_, err := s.store.Start(s.t.Context(), models.SchedulerLog{ID: "again", Action: models.ActionStart})
			require.Equal(s.t, models.KindConflict, models.KindOf(err))
			require.Equal(s.t, before, s.scheduler())
			s.requireLogs(1)
		}},
		{"a second stop is a conflict and leaves no entry", func(s *scene) {
			_, err := s.store.Stop(s.t.Context(), models.SchedulerLog{ID: "early", Action: models.ActionStop})
			require.Equal(s.t, models.KindConflict, models.KindOf(err))
			s.run(2)
			s.stop()
			_, err = s.store.Stop(s.t.Context(), models.SchedulerLog{ID: "again", Action: models.ActionStop})
			require.Equal(s.t, models.KindConflict, models.KindOf(err))
			s.requireLogs(2)
		}},
		{"the audit trail pairs each stop with its start, newest first", auditTrail},
		{"the environment's pace holds until it changes", func(s *scene) {
			configure := func(pace models.Pace) {
				require.NoError(s.t, s.store.Configure(s.t.Context(), pace))
			}
			configure(pace)
			require.Equal(s.t, pace, s.scheduler().Pace)

			byAPI := models.Pace{Interval: time.Minute, PerWindow: 7}
			s.data.SetPaceByHand(s.t, byAPI)
			configure(pace)
			require.Equal(s.t, byAPI, s.scheduler().Pace, "a restart with the same environment")

			changed := models.Pace{Interval: interval, PerWindow: 3}
			configure(changed)
			require.Equal(s.t, changed, s.scheduler().Pace, "the environment changed")
			configure(pace)
			require.Equal(s.t, pace, s.scheduler().Pace, "and changed back")
		}},
		{"configuring leaves a running scheduler and its window alone", func(s *scene) {
			s.run(2)
			s.accept(9)
			require.Len(s.t, s.claim(1), 1)
			before := s.scheduler()
			require.NoError(s.t, s.store.Configure(s.t.Context(), pace))
			require.Equal(s.t, before, s.scheduler())
			require.NoError(s.t, s.store.Configure(s.t.Context(), models.Pace{Interval: interval, PerWindow: 5}))
			after := s.scheduler()
			require.True(s.t, after.Running)
			require.Equal(s.t, before.WindowSeq, after.WindowSeq)
			require.Equal(s.t, before.StartID, after.StartID)
		}},
		{"a lower cap holds for the current window too", func(s *scene) {
			s.run(5)
			s.accept(9)
			require.Len(s.t, s.claim(1), 1)
			require.NoError(s.t, s.store.Configure(s.t.Context(), pace))
			require.Equal(s.t, 2, s.scheduler().WindowRemaining)
			require.Len(s.t, s.claim(9), 2)

			require.NoError(s.t, s.store.Configure(s.t.Context(), models.Pace{Interval: interval, PerWindow: 7}))
			require.Empty(s.t, s.claim(9), "a higher one begins with the next window")
		}},
		{"everything is still there when the store is opened again", func(s *scene) {
			s.run(2)
			made := s.accept(3)
			require.Len(s.t, s.claim(1), 1)
			before := s.scheduler()
			require.NoError(s.t, s.store.Close())
			s.store = s.open()
			require.Equal(s.t, before, s.scheduler())
			require.Equal(s.t, models.StatusSending, s.message(made[0].ID).Status)
			s.requireCounts(models.Counts{models.StatusPending: 2, models.StatusSending: 1})
			require.Len(s.t, s.claim(9), 1, "the window goes on where it was")
		}},
	}
}

// requireLogs reads the audit trail and demands n entries.
func (s *scene) requireLogs(n int) []models.SchedulerLog {
	s.t.Helper()
	entries, total, err := s.store.SchedulerLogs(s.t.Context(), 0, 100)
	require.NoError(s.t, err)
	require.Len(s.t, entries, n)
	require.EqualValues(s.t, n, total)
	return entries
}

func auditTrail(s *scene) {
	require.NoError(s.t, s.store.Configure(s.t.Context(), models.Pace{Interval: interval, PerWindow: 2}))
	began := s.clock.Now()
	for _, round := range []string{"1", "2"} {
		_, err := s.store.Start(s.t.Context(), models.SchedulerLog{
			ID: "start-" + round, Action: models.ActionStart, Actor: "alice", Replica: "replica-1",
		})
		require.NoError(s.t, err)
		s.clock.Move(time.Second)
		_, err = s.store.Stop(s.t.Context(), models.SchedulerLog{
			ID: "stop-" + round, Action: models.ActionStop, Actor: "bob", Replica: "replica-2", Reason: "maintenance " + round,
		})
		require.NoError(s.t, err)
		s.clock.Move(time.Second)
	}
	entries := s.requireLogs(4)
	for i, expected := range []models.SchedulerLog{
		{ID: "stop-2", Action: models.ActionStop, StartID: "start-2", Actor: "bob", Replica: "replica-2", Reason: "maintenance 2"},
		{ID: "start-2", Action: models.ActionStart, Actor: "alice", Replica: "replica-1"},
		{ID: "stop-1", Action: models.ActionStop, StartID: "start-1", Actor: "bob", Replica: "replica-2", Reason: "maintenance 1"},
		{ID: "start-1", Action: models.ActionStart, Actor: "alice", Replica: "replica-1"},
	} {
		at := began.Add(time.Duration(3-i) * time.Second)
		requireTime(s.t, at, entries[i].Timestamp, "timestamp")
		requireTime(s.t, at, entries[i].CreatedAt, "created at")
		entries[i].Timestamp, entries[i].CreatedAt = time.Time{}, time.Time{}
		require.Equal(s.t, expected, entries[i])
	}
	require.Equal(s.t, "start-2", s.scheduler().StartID)

	page, total, err := s.store.SchedulerLogs(s.t.Context(), 1, 2)
	require.NoError(s.t, err)
	require.EqualValues(s.t, 4, total)
	require.Len(s.t, page, 2)
	require.Equal(s.t, "start-2", page[0].ID)
	require.Equal(s.t, "stop-1", page[1].ID)
}
