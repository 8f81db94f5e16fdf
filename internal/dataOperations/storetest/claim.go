package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

func claimOrderTests() []test {
	return []test{
		{"the oldest are claimed first", func(t *testing.T, s *scene) {
			s.run(t, 0)
			// Stored newest first, so that the order of storing does not help.
			for _, age := range []int{1, 2, 3, 4} {
				s.acceptOne(t, func(m *models.Message) {
					m.ID.Text = []string{"", "1-second", "2-seconds", "3-seconds", "4-seconds"}[age]
					m.CreatedAt = s.clock.Now().Add(-time.Duration(age) * time.Second)
				})
			}
			require.Equal(t, []string{"4-seconds", "3-seconds"}, claimedIDs(s.claim(t, 2)))
			require.Equal(t, []string{"2-seconds", "1-second"}, claimedIDs(s.claim(t, 2)))
			require.Empty(t, s.claim(t, 2))
		}},
		{"a higher priority goes before any age", func(t *testing.T, s *scene) {
			s.run(t, 0)
			for i, priority := range []models.Priority{models.PriorityLow, models.PriorityNormal, models.PriorityHigh} {
				s.acceptOne(t, func(m *models.Message) {
					m.ID.Text = []string{"high", "normal", "low"}[priority]
					m.Priority = priority
					m.CreatedAt = s.clock.Now().Add(time.Duration(i-9) * time.Hour)
				})
			}
			require.Equal(t, []string{"high", "normal", "low"}, claimedIDs(s.claim(t, 3)))
		}},
		{"a retry that is due keeps its place among first attempts", func(t *testing.T, s *scene) {
			s.run(t, 0)
			retried := s.accept(t, 1)[0]
			require.True(t, s.record(t, s.retry(s.claim(t, 1)[0], time.Second)))
			s.acceptOne(t, func(m *models.Message) { m.ID.Text = "older" })
			s.acceptOne(t, func(m *models.Message) {
				m.ID.Text, m.CreatedAt = "younger", s.clock.Now().Add(2*time.Second)
			})
			s.acceptOne(t, func(m *models.Message) {
				m.ID.Text, m.Priority, m.CreatedAt = "high", models.PriorityHigh, s.clock.Now().Add(2*time.Second)
			})
			s.clock.Move(3 * time.Second)
			require.Equal(t, []string{"high", "older", retried.ID.Text, "younger"}, claimedIDs(s.claim(t, 4)))
		}},
		{"no more than asked for are claimed", func(t *testing.T, s *scene) {
			s.run(t, 0)
			s.accept(t, 5)
			require.Len(t, s.claim(t, 1), 1)
			require.Len(t, s.claim(t, 3), 3)
			require.Len(t, s.claim(t, 100), 1)
		}},
	}
}

func claimJournalTests() []test {
	return []test{
		{"the claim counts the attempt before anything is sent", func(t *testing.T, s *scene) {
			claimed := s.claimOne(t)
			require.Equal(t, 1, claimed.Attempt)
			require.Equal(t, replica, claimed.Owner)
			require.Equal(t, lease, claimed.Lease)
			require.NotEmpty(t, claimed.ClaimID)
			require.NotEmpty(t, claimed.Content)
			require.Equal(t, recipient, claimed.To)
			// Another replica sees the journal, as it would after this one's crash.
			got, err := s.open(t).Message(t.Context(), claimed.ID.Text)
			require.NoError(t, err)
			require.Equal(t, models.StatusSending, got.Status)
			require.Equal(t, 1, got.AttemptCount)
			s.requireCounts(t, models.Counts{models.StatusSending: 1})
		}},
		{"a claimed message is not claimed again", func(t *testing.T, s *scene) {
			s.claimOne(t)
			require.Empty(t, s.claim(t, 1))
			s.clock.Move(time.Hour)
			require.Empty(t, s.claim(t, 1), "a lease that ran out is for rescue to end")
		}},
		{"the next claim counts the next attempt under another claim id", func(t *testing.T, s *scene) {
			first := s.claimOne(t)
			require.True(t, s.record(t, s.retry(first, 0)))
			second := s.claim(t, 1)
			require.Len(t, second, 1)
			require.Equal(t, 2, second[0].Attempt)
			require.NotEqual(t, first.ClaimID, second[0].ClaimID)
		}},
		{"nothing is claimed before the start or after the stop", func(t *testing.T, s *scene) {
			require.NoError(t, s.store.Configure(t.Context(), models.Pace{Interval: interval}))
			s.accept(t, 2)
			require.Empty(t, s.claim(t, 2))
			s.start(t)
			claimed := s.claim(t, 1)
			require.Len(t, claimed, 1)
			require.True(t, s.record(t, s.retry(claimed[0], 0)))
			s.stop(t)
			result := s.claimResult(t, 2)
			require.Empty(t, result.Claimed, "neither a first attempt nor a retry")
			require.False(t, result.Scheduler.Running)
			require.False(t, result.WindowOpened)
		}},
		{"a claim says under which state it was made", func(t *testing.T, s *scene) {
			s.run(t, 2)
			s.accept(t, 1)
			result := s.claimResult(t, 1)
			require.True(t, result.Scheduler.Running)
			require.Equal(t, 2, result.Scheduler.PerWindow)
			require.Equal(t, interval, result.Scheduler.Interval)
			require.Equal(t, result.Scheduler.WindowSeq, result.Claimed[0].Window)
		}},
		{"claims are listed oldest first with all that rescue needs", func(t *testing.T, s *scene) {
			s.run(t, 0)
			s.accept(t, 3)
			var made []models.Claimed
			for range 3 {
				made = append(made, s.claim(t, 1)...)
				s.clock.Move(time.Second)
			}
			listed, err := s.store.Claims(t.Context(), 2)
			require.NoError(t, err)
			require.Len(t, listed, 2)
			for i, claim := range listed {
				require.Equal(t, made[i].ID, claim.ID)
				require.Equal(t, made[i].ClaimID, claim.ClaimID)
				require.Equal(t, replica, claim.Owner)
				require.Equal(t, lease, claim.Lease)
			}
			require.True(t, s.record(t, s.sent(made[0])))
			listed, err = s.store.Claims(t.Context(), 10)
			require.NoError(t, err)
			require.Len(t, listed, 2, "only of messages that are sending")
		}},
		{"a canceled context claims nothing", func(t *testing.T, s *scene) {
			s.run(t, 0)
			s.accept(t, 1)
			canceled := canceledContext(t)
			_, err := s.store.Claim(canceled, dataoperations.ClaimRequest{Owner: replica, Lease: lease, Max: 1})
			require.Error(t, err)
			require.Len(t, s.claim(t, 1), 1)
		}},
	}
}
