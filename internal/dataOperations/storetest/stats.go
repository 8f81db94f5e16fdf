package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

// ahead returns how many go before the message, as it is stored.
func (s *scene) ahead(id models.ID, limit int) int {
	s.t.Helper()
	n, err := s.store.Ahead(s.t.Context(), s.message(id), limit)
	require.NoError(s.t, err)
	return n
}

func statsTests() []test {
	return []test{
		{"a waiting message knows how many go before it", func(s *scene) {
			s.run(0)
			var made []models.Message
			for i, priority := range []models.Priority{1, 1, 0, 2, 1} {
				made = append(made, s.acceptOne(func(m *models.Message) {
					m.Priority, m.CreatedAt = priority, s.clock.Now().Add(time.Duration(i-9)*time.Second)
				}))
			}
			for i, expected := range []int{1, 2, 0, 4, 3} {
				require.Equal(s.t, expected, s.ahead(made[i].ID, 100), made[i].ID)
			}
			require.Equal(s.t, 2, s.ahead(made[3].ID, 2), "counted up to the limit")
			claimed := s.claim(2)
			require.Equal(s.t, []string{made[2].ID.Text, made[0].ID.Text}, claimedIDs(claimed))
			require.Equal(s.t, 2, s.ahead(made[3].ID, 100), "what is being sent does not wait")
			require.True(s.t, s.record(s.retry(claimed[0], time.Hour)))
			require.Equal(s.t, 3, s.ahead(made[3].ID, 100), "what waits for its next attempt does")
			s.cancel(made[1].ID)
			require.Equal(s.t, 2, s.ahead(made[3].ID, 100))
		}},
		{"a scheduled message goes by its send time", func(s *scene) {
			s.acceptOne(func(m *models.Message) { m.CreatedAt = s.clock.Now().Add(time.Second) })
			s.acceptOne(func(m *models.Message) { m.CreatedAt = s.clock.Now().Add(time.Minute) })
			made := s.later(30*time.Second, 0)
			require.Equal(s.t, 1, s.ahead(made.ID, 100))
		}},
		{"the oldest that waits is the one created first of those pending", func(s *scene) {
			require.True(s.t, s.oldest().IsZero())
			s.run(0)
			s.later(time.Hour, 0)
			require.True(s.t, s.oldest().IsZero(), "what is scheduled does not wait yet")
			low := s.acceptOne(func(m *models.Message) { m.Priority = models.PriorityLow })
			s.clock.Move(time.Minute)
			high := s.acceptOne(func(m *models.Message) { m.Priority = models.PriorityHigh })
			requireTime(s.t, low.CreatedAt, s.oldest(), "whatever its priority")
			s.cancel(low.ID)
			requireTime(s.t, high.CreatedAt, s.oldest(), "oldest")
			require.Len(s.t, s.claim(1), 1)
			require.True(s.t, s.oldest().IsZero(), "what is being sent does not wait")
		}},
		{"activity is what became sent and failed, minute by minute", activityByMinute},
	}
}

func (s *scene) oldest() time.Time {
	s.t.Helper()
	at, err := s.store.OldestWaiting(s.t.Context())
	require.NoError(s.t, err)
	return at
}

func activityByMinute(s *scene) {
	s.requireActivity(s.clock.Now().Add(-time.Hour))
	s.run(0)
	s.accept(9)
	claimed := s.claim(9)
	began := s.clock.Now() // a whole minute
	s.clock.Move(59*time.Second + 999*time.Millisecond)
	require.True(s.t, s.record(s.sent(claimed[0])))
	require.True(s.t, s.record(s.sent(claimed[1])))
	require.True(s.t, s.record(s.failed(claimed[2])))
	require.True(s.t, s.record(s.retry(claimed[3], time.Hour)), "which is no failure of the message")
	s.clock.Move(time.Millisecond)
	require.True(s.t, s.record(s.sent(claimed[4])))
	s.clock.Move(2 * time.Minute)
	require.True(s.t, s.record(s.failed(claimed[5])))

	first := models.Minute{At: began, Sent: 2, Failed: 1}
	second := models.Minute{At: began.Add(time.Minute), Sent: 1}
	third := models.Minute{At: began.Add(3 * time.Minute), Failed: 1}
	s.requireActivity(began.Add(-time.Hour), first, second, third)
	s.requireActivity(began.Add(30*time.Second), first, second, third)
	s.requireActivity(began.Add(time.Minute), second, third)
	s.requireActivity(began.Add(4 * time.Minute))
}

// requireActivity demands these minutes, within the age that the store may have.
func (s *scene) requireActivity(since time.Time, expected ...models.Minute) {
	s.t.Helper()
	var last []models.Minute
	same := func() bool {
		got, err := s.store.Activity(s.t.Context(), since)
		require.NoError(s.t, err)
		last = got
		if len(got) != len(expected) {
			return false
		}
		for i := range got {
			got[i].At = got[i].At.UTC()
			if got[i] != expected[i] {
				return false
			}
		}
		return true
	}
	if same() {
		return
	}
	require.NotZero(s.t, s.suite.CountsAge, "activity is %v, must be %v", last, expected)
	require.Eventually(s.t, same, s.suite.CountsAge+5*time.Second, 20*time.Millisecond, "must be %v", expected)
}
