package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

func claimOrderTests() []test {
	return []test{
		{"the oldest are claimed first", func(s *scene) {
			s.run(0)
			// Stored newest first, so that the order of storing does not help.
			for _, age := range []int{1, 2, 3, 4} {
				s.acceptOne(func(m *models.Message) {
					m.ID.Text = []string{"", "1-second", "2-seconds", "3-seconds", "4-seconds"}[age]
					m.CreatedAt = s.clock.Now().Add(-time.Duration(age) * time.Second)
				})
			}
			require.Equal(s.t, []string{"4-seconds", "3-seconds"}, claimedIDs(s.claim(2)))
			require.Equal(s.t, []string{"2-seconds", "1-second"}, claimedIDs(s.claim(2)))
			require.Empty(s.t, s.claim(2))
		}},
		{"a higher priority goes before any age", func(s *scene) {
			s.run(0)
			for i, priority := range []models.Priority{models.PriorityLow, models.PriorityNormal, models.PriorityHigh} {
				s.acceptOne(func(m *models.Message) {
					m.ID.Text = []string{"high", "normal", "low"}[priority]
					m.Priority = priority
					m.CreatedAt = s.clock.Now().Add(time.Duration(i-9) * time.Hour)
				})
			}
			require.Equal(s.t, []string{"high", "normal", "low"}, claimedIDs(s.claim(3)))
		}},
		{"a retry that is due keeps its place among first attempts", func(s *scene) {
			s.run(0)
			retried := s.accept(1)[0]
			require.True(s.t, s.record(s.retry(s.claim(1)[0], time.Second)))
			s.acceptOne(func(m *models.Message) { m.ID.Text = "older" })
			s.acceptOne(func(m *models.Message) {
				m.ID.Text, m.CreatedAt = "younger", s.clock.Now().Add(2*time.Second)
			})
			s.acceptOne(func(m *models.Message) {
				m.ID.Text, m.Priority, m.CreatedAt = "high", models.PriorityHigh, s.clock.Now().Add(2*time.Second)
			})
			s.clock.Move(3 * time.Second)
			require.Equal(s.t, []string{"high", "older", retried.ID.Text, "younger"}, claimedIDs(s.claim(4)))
		}},
		{"no more than asked for are claimed", func(s *scene) {
			s.run(0)
			s.accept(5)
			require.Len(s.t, s.claim(1), 1)
			require.Len(s.t, s.claim(3), 3)
			require.Len(s.t, s.claim(100), 1)
		}},
	}
}

func claimJournalTests() []test {
	return []test{
		{"the claim counts the attempt before anything is sent", func(s *scene) {
			claimed := s.claimOne()
			require.Equal(s.t, 1, claimed.Attempt)
			require.Equal(s.t, replica, claimed.Owner)
			require.Equal(s.t, lease, claimed.Lease)
			require.NotEmpty(s.t, claimed.ClaimID)
			require.NotEmpty(s.t, claimed.Content)
			require.Equal(s.t, recipient, claimed.To)
			// Another replica sees the journal, as it would after this one's crash.
			got, err := s.open().Message(s.t.Context(), claimed.ID.Text)
			require.NoError(s.t, err)
			require.Equal(s.t, models.StatusSending, got.Status)
			require.Equal(s.t, 1, got.AttemptCount)
			s.requireCounts(models.Counts{models.StatusSending: 1})
		}},
		{"a claimed message is not claimed again", func(s *scene) {
			s.claimOne()
			require.Empty(s.t, s.claim(1))
			s.clock.Move(time.Hour)
			require.Empty(s.t, s.claim(1), "a lease that ran out is for rescue to end")
		}},
		{"the next claim counts the next attempt under another claim id", func(s *scene) {
			first := s.claimOne()
			require.True(s.t, s.record(s.retry(first, 0)))
			second := s.claim(1)
			require.Len(s.t, second, 1)
			require.Equal(s.t, 2, second[0].Attempt)
			require.NotEqual(s.t, first.ClaimID, second[0].ClaimID)
		}},
		{"nothing is claimed before the start or after the stop", func(s *scene) {
			require.NoError(s.t, s.store.Configure(s.t.Context(), models.Pace{Interval: interval}))
			s.accept(2)
			require.Empty(s.t, s.claim(2))
			s.start()
			claimed := s.claim(1)
			require.Len(s.t, claimed, 1)
			require.True(s.t, s.record(s.retry(claimed[0], 0)))
			s.stop()
			result := s.claimResult(2)
			require.Empty(s.t, result.Claimed, "neither a first attempt nor a retry")
			require.False(s.t, result.Scheduler.Running)
			require.False(s.t, result.WindowOpened)
		}},
		{"a claim says under which state it was made", func(s *scene) {
			s.run(2)
			s.accept(1)
			result := s.claimResult(1)
			require.True(s.t, result.Scheduler.Running)
			require.Equal(s.t, 2, result.Scheduler.PerWindow)
			require.Equal(s.t, interval, result.Scheduler.Interval)
			require.Equal(s.t, result.Scheduler.WindowSeq, result.Claimed[0].Window)
		}},
		{"claims are listed oldest first with all that rescue needs", func(s *scene) {
			s.run(0)
			s.accept(3)
			var made []models.Claimed
			for range 3 {
				made = append(made, s.claim(1)...)
				s.clock.Move(time.Second)
			}
			listed, err := s.store.Claims(s.t.Context(), 2)
			require.NoError(s.t, err)
			require.Len(s.t, listed, 2)
			for i, claim := range listed {
				require.Equal(s.t, made[i].ID, claim.ID)
				require.Equal(s.t, made[i].ClaimID, claim.ClaimID)
				require.Equal(s.t, replica, claim.Owner)
				require.Equal(s.t, lease, claim.Lease)
			}
			require.True(s.t, s.record(s.sent(made[0])))
			listed, err = s.store.Claims(s.t.Context(), 10)
			require.NoError(s.t, err)
			require.Len(s.t, listed, 2, "only of messages that are sending")
		}},
		{"a canceled context claims nothing", func(s *scene) {
			s.run(0)
			s.accept(1)
			canceled := canceledContext(s.t)
			_, err := s.store.Claim(canceled, dataoperations.ClaimRequest{Owner: replica, Lease: lease, Max: 1})
			require.Error(s.t, err)
			require.Len(s.t, s.claim(1), 1)
		}},
	}
}
