package storetest

import (
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// promote promotes, and returns the ids of what changed.
func (s *scene) promote(limit int) []string {
	s.t.Helper()
	changed, err := s.store.Promote(s.t.Context(), limit)
	require.NoError(s.t, err)
	require.LessOrEqual(s.t, len(changed), limit)
	return texts(changed)
}

// expire expires, likewise.
func (s *scene) expire(limit int) []string {
	s.t.Helper()
	changed, err := s.store.Expire(s.t.Context(), limit)
	require.NoError(s.t, err)
	require.LessOrEqual(s.t, len(changed), limit)
	return texts(changed)
}

func texts(ids []models.ID) []string {
	found := make([]string, 0, len(ids))
	for _, id := range ids {
		found = append(found, id.Text)
	}
	return found
}

func promoteTests() []test {
	return []test{
		{"a scheduled message is pending at its time and not before", func(s *scene) {
			s.run(0)
			made := s.later(time.Minute, 0)
			s.clock.Move(time.Minute - time.Millisecond)
			s.unchangedBy(made.ID, func() { require.Empty(s.t, s.promote(10)) })
			s.clock.Move(time.Millisecond)
			require.Equal(s.t, []string{made.ID.Text}, s.promote(10))
			got := s.message(made.ID)
			require.Equal(s.t, models.StatusPending, got.Status)
			requireTime(s.t, made.SendAt, got.NextAttemptAt, "due")
			requireTime(s.t, made.SendAt, got.SendAt, "send at")
			require.Empty(s.t, s.promote(10), "once")
			s.requireCounts(models.Counts{models.StatusPending: 1})
			require.Equal(s.t, []string{made.ID.Text}, claimedIDs(s.claim(1)))
		}},
		{"what was scheduled goes by its send time among the others", func(s *scene) {
			s.run(0)
			later := s.later(2*time.Second, 0)
			s.clock.Move(time.Second)
			older := s.accept(1)[0]
			s.clock.Move(2 * time.Second)
			younger := s.accept(1)[0]
			s.promote(10)
			require.Equal(s.t, []string{older.ID.Text, later.ID.Text, younger.ID.Text}, claimedIDs(s.claim(3)))
		}},
		{"what was scheduled draws from a window like any other", func(s *scene) {
			s.run(1)
			s.later(time.Second, 0)
			s.later(time.Second, 0)
			s.clock.Move(time.Second)
			require.Len(s.t, s.promote(10), 2)
			claimed := s.claim(2)
			require.Len(s.t, claimed, 1)
			require.NotZero(s.t, claimed[0].Window)
		}},
		{"no more than the limit are promoted at a time, each once", func(s *scene) {
			promoted := map[string]bool{}
			for range 5 {
				s.later(time.Second, 0)
			}
			s.clock.Move(time.Second)
			for _, expected := range []int{2, 2, 1, 0} {
				got := s.promote(2)
				require.Len(s.t, got, expected)
				for _, id := range got {
					promoted[id] = true
				}
			}
			require.Len(s.t, promoted, 5)
			s.requireCounts(models.Counts{models.StatusPending: 5})
		}},
		{"of many that promote none overlooks any", func(s *scene) {
			n := min(s.suite.Messages/10, 100)
			for range n {
				s.later(time.Second, 0)
			}
			s.clock.Move(time.Second)
			s.everywhere(n, func(store dataoperations.Store) ([]models.ID, error) {
				return store.Promote(s.t.Context(), 7)
			})
			s.requireCounts(models.Counts{models.StatusPending: int64(n)})
		}},
	}
}

func expireTests() []test {
	return []test{
		{"a message whose validity is over is expired, scheduled or pending", func(s *scene) {
			now, later := s.valid(time.Minute), s.later(30*time.Second, 30*time.Second)
			forever := s.accept(1)[0]
			s.clock.Move(time.Minute - time.Millisecond)
			require.Empty(s.t, s.expire(10))
			s.clock.Move(time.Millisecond)
			require.ElementsMatch(s.t, []string{now.ID.Text, later.ID.Text}, s.expire(10))
			for _, id := range []models.ID{now.ID, later.ID} {
				got := s.message(id)
				require.Equal(s.t, models.StatusExpired, got.Status)
				require.True(s.t, got.NextAttemptAt.IsZero(), "a final status has no next attempt")
				require.True(s.t, got.FailedAt.IsZero())
				requireTime(s.t, s.clock.Now(), got.ExpiresAt, "expires at")
			}
			require.Empty(s.t, s.expire(10), "once")
			require.Empty(s.t, s.promote(10), "not even what was scheduled")
			require.Equal(s.t, models.StatusPending, s.message(forever.ID).Status)
			s.requireCounts(models.Counts{models.StatusExpired: 2, models.StatusPending: 1})
		}},
		{"what has expired is not claimed, whoever has noticed, and draws nothing", expiredIsNotClaimed},
		{"a retry that comes too late expires and keeps its attempts", func(s *scene) {
			s.run(0)
			made := s.valid(time.Minute)
			claimed := s.claim(1)
			require.Len(s.t, claimed, 1)
			require.True(s.t, s.record(s.retry(claimed[0], time.Hour)))
			s.clock.Move(time.Minute)
			require.Equal(s.t, []string{made.ID.Text}, s.expire(10))
			got := s.message(made.ID)
			require.Equal(s.t, models.StatusExpired, got.Status)
			require.Equal(s.t, 1, got.AttemptCount)
			require.Equal(s.t, 1, got.RetryCount)
			require.Len(s.t, got.Attempts, 1)
		}},
		{"what is being sent does not expire", func(s *scene) {
			s.run(0)
			s.valid(time.Minute)
			claimed := s.claim(1)
			require.Len(s.t, claimed, 1)
			s.clock.Move(time.Hour)
			s.unchangedBy(claimed[0].ID, func() { require.Empty(s.t, s.expire(10)) })
			require.True(s.t, s.record(s.sent(claimed[0])))
			require.Empty(s.t, s.expire(10))
		}},
		{"a claim says until when its attempt may begin", func(s *scene) {
			s.run(0)
			made := s.valid(time.Minute)
			s.clock.Move(time.Second)
			s.accept(1)
			claimed := s.claim(2)
			require.Equal(s.t, []string{made.ID.Text}, claimedIDs(claimed)[:1])
			requireTime(s.t, made.ExpiresAt, claimed[0].ExpiresAt, "expires at")
			require.True(s.t, claimed[1].ExpiresAt.IsZero(), "for ever")
			require.Zero(s.t, claimed[0].Prior)
		}},
		{"a late 2xx lands on a message that has expired since", func(s *scene) {
			s.run(0)
			s.valid(time.Minute)
			claimed := s.claim(1)
			require.Len(s.t, claimed, 1)
			s.clock.Move(2 * time.Minute)
			require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, claimed[0].Claim))
			require.Len(s.t, s.expire(10), 1)
			for _, late := range []models.Outcome{s.retry(claimed[0], 0), s.failed(claimed[0])} {
				s.unchangedBy(claimed[0].ID, func() { require.False(s.t, s.record(late)) })
			}
			require.True(s.t, s.record(s.sent(claimed[0])))
			require.Equal(s.t, models.StatusSent, s.message(claimed[0].ID).Status)
			s.requireCounts(models.Counts{models.StatusSent: 1})
		}},
		{"no more than the limit expire at a time", func(s *scene) {
			for range 5 {
				s.valid(time.Second)
			}
			s.clock.Move(time.Second)
			for _, expected := range []int{2, 2, 1, 0} {
				require.Len(s.t, s.expire(2), expected)
			}
		}},
		{"of many that expire none overlooks any", func(s *scene) {
			n := min(s.suite.Messages/10, 100)
			for range n {
				s.valid(time.Second)
			}
			s.clock.Move(time.Second)
			s.everywhere(n, func(store dataoperations.Store) ([]models.ID, error) {
				return store.Expire(s.t.Context(), 7)
			})
			s.requireCounts(models.Counts{models.StatusExpired: int64(n)})
		}},
	}
}

func expiredIsNotClaimed(s *scene) {
	s.run(2)
	made := s.valid(time.Minute)
	s.acceptOne(func(m *models.Message) {
		m.CreatedAt = s.clock.Now().Add(time.Minute)
		m.Validity, m.ExpiresAt = time.Millisecond, m.CreatedAt.Add(time.Millisecond)
	})
	s.clock.Move(time.Minute)
	require.NotContains(s.t, claimedIDs(s.claim(1)), made.ID.Text, "its time has come")
	s.clock.Move(interval)
	result := s.claimResult(5)
	require.Empty(s.t, result.Claimed)
	require.Equal(s.t, 2, result.Scheduler.WindowRemaining)
	require.Equal(s.t, models.StatusPending, s.message(made.ID).Status, "a claim expires nothing")
	valid := s.accept(2)
	require.Equal(s.t, ids(valid), claimedIDs(s.claim(5)), "they hold up nobody")
}

// everywhere lets many callers do a step until there is nothing more to do, and
// demands that n messages were told of.
func (s *scene) everywhere(n int, step func(store dataoperations.Store) ([]models.ID, error)) {
	s.t.Helper()
	stores := s.crowd()
	var mutex sync.Mutex
	told := map[string]bool{}
	together(s.t, 8, func(caller int) error {
		for {
			changed, err := step(stores[caller%replicas])
			if err != nil || len(changed) == 0 {
				return err
			}
			mutex.Lock()
			for _, id := range changed {
				told[id.Text] = true
			}
			mutex.Unlock()
		}
	})
	for len(told) < n { // what two of them went for at once, neither may have got
		changed, err := step(s.store)
		require.NoError(s.t, err)
		require.NotEmpty(s.t, changed, "%d of %d were told of", len(told), n)
		for _, id := range changed {
			told[id.Text] = true
		}
	}
}
