package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

// setPace sets the pace, as a person does.
func (s *scene) setPace(every time.Duration, perWindow int) models.Scheduler {
	s.t.Helper()
	s.next++
	state, err := s.store.SetPace(s.t.Context(), models.Pace{Interval: every, PerWindow: perWindow}, models.SchedulerLog{
		ID: fmt.Sprintf("pace-%d", s.next), Action: models.ActionPace, Actor: "test", Replica: replica, Reason: "faster",
	})
	require.NoError(s.t, err)
	return state
}

func paceTests() []test {
	return []test{
		{"a pace that is set is seen by every store, and audited", func(s *scene) {
			s.run(2)
			s.clock.Move(time.Second)
			returned := s.setPace(time.Minute, 7)
			require.Equal(s.t, models.Pace{Interval: time.Minute, PerWindow: 7}, returned.Pace)
			require.True(s.t, returned.Running)
			read, err := s.open().Scheduler(s.t.Context())
			require.NoError(s.t, err)
			require.Equal(s.t, returned, read)
			entry := s.requireLogs(2)[0]
			requireTime(s.t, s.clock.Now(), entry.Timestamp, "timestamp")
			requireTime(s.t, s.clock.Now(), entry.CreatedAt, "created at")
			entry.Timestamp, entry.CreatedAt = time.Time{}, time.Time{}
			require.Equal(s.t, models.SchedulerLog{
				ID: fmt.Sprintf("pace-%d", s.next), Action: models.ActionPace, Actor: "test", Replica: replica, Reason: "faster",
			}, entry)
		}},
		{"a lower cap holds for the current window too, a higher one from the next", func(s *scene) {
			s.run(5)
			s.accept(20)
			require.Len(s.t, s.claim(1), 1)
			s.setPace(interval, 2)
			require.Len(s.t, s.claim(9), 2)
			s.setPace(interval, 7)
			require.Empty(s.t, s.claim(9))
			s.clock.Move(interval)
			require.Len(s.t, s.claim(9), 7)
		}},
		{"the next window is never further off than the new interval, and in the phase of the start", func(s *scene) {
			s.run(1)
			started := s.clock.Now()
			s.accept(9)
			require.Len(s.t, s.claim(1), 1)
			s.clock.Move(50 * time.Second)
			state := s.setPace(20*time.Second, 1)
			requireTime(s.t, started.Add(time.Minute), state.NextWindowAt, "next window")
			require.Empty(s.t, s.claim(1), "setting a pace opens no window")
			s.clock.Move(10 * time.Second)
			require.Len(s.t, s.claim(1), 1)
			s.clock.Move(20*time.Second - time.Millisecond)
			require.Empty(s.t, s.claim(1))
			s.clock.Move(time.Millisecond)
			require.Len(s.t, s.claim(1), 1)
		}},
		{"a longer interval begins after the next window at the latest", func(s *scene) {
			s.run(1)
			s.accept(9)
			require.Len(s.t, s.claim(1), 1)
			s.clock.Move(time.Second)
			state := s.setPace(time.Hour, 1)
			require.False(s.t, state.NextWindowAt.After(s.clock.Now().Add(time.Hour)))
			s.clock.Move(state.NextWindowAt.Sub(s.clock.Now()))
			require.Len(s.t, s.claim(9), 1)
			next := s.scheduler().NextWindowAt
			require.Zero(s.t, next.Sub(s.scheduler().StartedAt)%time.Hour, "the phase stays")
			require.True(s.t, next.After(s.clock.Now()))
		}},
		{"it holds until the environment's value changes", func(s *scene) {
			environment := models.Pace{Interval: interval, PerWindow: 2}
			s.run(2)
			s.setPace(time.Minute, 7)
			require.NoError(s.t, s.store.Configure(s.t.Context(), environment))
			require.Equal(s.t, models.Pace{Interval: time.Minute, PerWindow: 7}, s.scheduler().Pace, "a restart")
			environment.PerWindow = 3
			require.NoError(s.t, s.store.Configure(s.t.Context(), environment))
			require.Equal(s.t, environment, s.scheduler().Pace)
		}},
		{"a scheduler that is stopped stays so", func(s *scene) {
			require.NoError(s.t, s.store.Configure(s.t.Context(), models.Pace{Interval: interval, PerWindow: 2}))
			state := s.setPace(time.Minute, 1)
			require.False(s.t, state.Running)
			require.True(s.t, state.NextWindowAt.IsZero())
			s.accept(5)
			require.Empty(s.t, s.claim(5))
			require.Equal(s.t, models.Pace{Interval: time.Minute, PerWindow: 1}, s.start().Pace)
			require.Len(s.t, s.claim(5), 1)
		}},
		{"without a cap everything due is claimed, and with one again no more than that", func(s *scene) {
			s.run(1)
			s.accept(9)
			require.Len(s.t, s.claim(9), 1)
			s.setPace(interval, 0)
			require.Len(s.t, s.claim(4), 4)
			s.setPace(interval, 2)
			require.LessOrEqual(s.t, len(s.claim(9)), 2)
		}},
		{"a stop still names its start after a change of pace", func(s *scene) {
			s.run(2)
			start := s.scheduler().StartID
			s.setPace(time.Minute, 7)
			s.stop()
			entries := s.requireLogs(3)
			stopped := slices.IndexFunc(entries, func(e models.SchedulerLog) bool { return e.Action == models.ActionStop })
			require.Equal(s.t, start, entries[stopped].StartID)
		}},
		{"of many that set it all are audited and one holds", func(s *scene) {
			s.run(2)
			stores := s.crowd()
			together(s.t, 8, func(caller int) error {
				_, err := stores[caller%replicas].SetPace(s.t.Context(), models.Pace{Interval: interval, PerWindow: 10 + caller},
					models.SchedulerLog{ID: fmt.Sprintf("by-%d", caller), Action: models.ActionPace})
				return err //nolint:wrapcheck // it goes straight to require.
			})
			s.requireLogs(9)
			require.InDelta(s.t, 13.5, s.scheduler().PerWindow, 3.5)
		}},
		{"entries of other kinds are added to the audit trail, once each", func(s *scene) {
			s.run(2)
			s.clock.Move(time.Second)
			entry := models.SchedulerLog{ID: "a", Action: models.ActionCancel, Actor: "alice", Replica: replica, Reason: "status=pending: 7"}
			require.NoError(s.t, s.store.Audit(s.t.Context(), entry))
			s.clock.Move(time.Second)
			again := entry
			again.Reason = "other"
			require.NoError(s.t, s.store.Audit(s.t.Context(), again))
			got := s.requireLogs(2)[0]
			requireTime(s.t, s.clock.Now().Add(-time.Second), got.Timestamp, "timestamp")
			requireTime(s.t, s.clock.Now().Add(-time.Second), got.CreatedAt, "created at")
			got.Timestamp, got.CreatedAt = time.Time{}, time.Time{}
			require.Equal(s.t, entry, got)
			for _, action := range models.Actions()[3:] {
				require.NoError(s.t, s.store.Audit(s.t.Context(), models.SchedulerLog{ID: "one of " + string(action), Action: action}))
			}
			s.requireLogs(5)
			require.True(s.t, s.scheduler().Running)
		}},
	}
}
