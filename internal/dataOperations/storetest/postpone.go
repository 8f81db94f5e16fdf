package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

func postponeTests() []test {
	return []test{
		{"an uncounted retry waits with its error, and its attempt was none", func(s *scene) {
			claimed := s.claimOne()
			outcome := s.postponed(claimed, 5*time.Second)
			require.True(s.t, s.record(outcome))
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusPending, got.Status)
			requireTime(s.t, outcome.NextAttemptAt, got.NextAttemptAt, "next attempt")
			require.Equal(s.t, outcome.Error, got.Error)
			require.Equal(s.t, outcome.ErrorCode, got.ErrorCode)
			require.Zero(s.t, got.AttemptCount)
			require.Zero(s.t, got.RetryCount)
			require.Empty(s.t, got.Attempts)
			s.requireCounts(models.Counts{models.StatusPending: 1})

			s.clock.Move(5*time.Second - time.Millisecond)
			require.Empty(s.t, s.claim(1))
			s.clock.Move(time.Millisecond)
			again := s.claim(1)
			require.Len(s.t, again, 1)
			require.Equal(s.t, 1, again[0].Attempt, "the first, once more")
			require.True(s.t, s.record(s.sent(again[0])))
			require.Empty(s.t, s.message(claimed.ID).Error)
		}},
		{"an uncounted retry keeps the attempts before it", func(s *scene) {
			claimed := s.claimOne()
			first := s.retry(claimed, 0)
			require.True(s.t, s.record(first))
			again := s.claim(1)
			require.Len(s.t, again, 1)
			require.True(s.t, s.record(s.postponed(again[0], time.Second)))
			got := s.message(claimed.ID)
			require.Equal(s.t, 1, got.AttemptCount)
			require.Equal(s.t, 1, got.RetryCount)
			require.Equal(s.t, []models.Attempt{first.Attempt}, utc(got.Attempts))
		}},
		{"an uncounted retry of a stale claim changes nothing", func(s *scene) {
			stale := s.claimOne()
			require.True(s.t, s.record(s.retry(stale, 0)))
			s.unchangedBy(stale.ID, func() { require.False(s.t, s.record(s.postponed(stale, time.Hour))) })
			current := s.claim(1)[0]
			s.unchangedBy(stale.ID, func() { require.False(s.t, s.record(s.postponed(stale, time.Hour))) })
			require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, current.Claim))
			s.unchangedBy(stale.ID, func() { require.False(s.t, s.record(s.postponed(current, time.Hour))) })
			sent := s.claim(1)[0]
			require.True(s.t, s.record(s.sent(sent)))
			s.unchangedBy(stale.ID, func() { require.False(s.t, s.record(s.postponed(sent, time.Hour))) })
		}},
		{"a repeated uncounted retry answers true and changes nothing", func(s *scene) {
			claimed := s.claimOne()
			outcome := s.postponed(claimed, time.Hour)
			require.True(s.t, s.record(outcome))
			s.unchangedBy(claimed.ID, func() {
				s.clock.Move(time.Second)
				require.True(s.t, s.record(outcome), "the reply was lost, not the write")
			})
		}},
		{"an uncounted retry is told apart from what else its claim came to", func(s *scene) {
			s.run(0)
			s.accept(3)
			claimed := s.claim(3)
			// All at the same moment, so by their times they are alike.
			require.True(s.t, s.record(s.retry(claimed[0], 0)))
			require.True(s.t, s.record(s.postponed(claimed[1], 0)))
			require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, claimed[2].Claim))
			s.unchangedBy(claimed[0].ID, func() { require.False(s.t, s.record(s.postponed(claimed[0], 0))) })
			s.unchangedBy(claimed[1].ID, func() { require.False(s.t, s.record(s.retry(claimed[1], 0))) })
			s.unchangedBy(claimed[2].ID, func() { require.False(s.t, s.record(s.postponed(claimed[2], 0))) })
		}},
		{"after a redraw the next attempt draws from the next window", func(s *scene) {
			s.run(2)
			s.accept(2)
			claimed := s.claim(2)
			require.Len(s.t, claimed, 2)
			counted := s.retry(claimed[0], 0)
			counted.Redraw = true
			require.True(s.t, s.record(counted))
			require.True(s.t, s.record(s.postponed(claimed[1], 0)))
			require.Empty(s.t, s.claim(2), "the window is used up, for them too")
			s.clock.Move(interval)
			result := s.claimResult(2)
			require.ElementsMatch(s.t, claimedIDs(claimed), claimedIDs(result.Claimed))
			require.Zero(s.t, result.Scheduler.WindowRemaining)
			for _, again := range result.Claimed {
				require.Equal(s.t, result.Scheduler.WindowSeq, again.Window)
			}
			require.Equal(s.t, 2, s.message(claimed[0].ID).AttemptCount)
			require.Equal(s.t, 1, s.message(claimed[1].ID).AttemptCount)
		}},
		{"redrawn attempts share a window with first ones and honour its cap", func(s *scene) {
			s.run(3)
			s.accept(9)
			claimed := s.claim(9)
			require.Len(s.t, claimed, 3)
			for _, one := range claimed {
				require.True(s.t, s.record(s.postponed(one, time.Second)))
			}
			total := 0
			for range 3 {
				s.clock.Move(interval)
				for range 3 {
					total += len(s.claim(2))
				}
				require.Zero(s.t, total%3, "no window gave more or less than its cap")
			}
			require.Equal(s.t, 9, total)
		}},
		{"an uncounted retry without a redraw does not draw", func(s *scene) {
			s.run(1)
			s.accept(1)
			claimed := s.claim(1)
			outcome := s.postponed(claimed[0], 0)
			outcome.Redraw = false
			require.True(s.t, s.record(outcome))
			again := s.claim(1)
			require.Len(s.t, again, 1)
			require.Zero(s.t, again[0].Window)
		}},
		{"retries that are due and what was rescued can be made to draw again", heldUpMessagesDraw},
		{"a redrawn attempt given back returns to its window", func(s *scene) {
			s.run(1)
			s.accept(1)
			require.True(s.t, s.record(s.postponed(s.claim(1)[0], 0)))
			s.clock.Move(interval)
			again := s.claim(1)
			require.Len(s.t, again, 1)
			require.Zero(s.t, s.scheduler().WindowRemaining)
			s.giveBack(again...)
			require.Equal(s.t, 1, s.scheduler().WindowRemaining)
			require.Len(s.t, s.claim(1), 1)
		}},
	}
}

func heldUpMessagesDraw(s *scene) {
	s.run(4)
	low := s.acceptOne(func(m *models.Message) { m.Priority = models.PriorityLow })
	s.accept(3)
	claimed := s.claim(4)
	require.Len(s.t, claimed, 4)
	require.Equal(s.t, low.ID, claimed[3].ID)
	require.True(s.t, s.record(s.retry(claimed[0], time.Minute)))
	require.Equal(s.t, 1, s.rescue(dataoperations.RescuePolicy{MaxAttempts: 3}, claimed[1].Claim))
	require.True(s.t, s.record(s.retry(claimed[3], 0)))

	for _, want := range []int{2, 0} {
		redrawn, err := s.store.Redraw(s.t.Context())
		require.NoError(s.t, err)
		require.Equal(s.t, want, redrawn, "once, and only what is due and not being sent")
	}
	require.Empty(s.t, s.claim(4), "the window is used up, for them too")
	require.True(s.t, s.record(s.sent(claimed[2])), "whose claim stands as before")
	s.clock.Move(time.Minute)
	require.Equal(s.t, claimedIDs(claimed[:1]), claimedIDs(s.claim(4)), "a later retry does not draw")
	s.clock.Move(interval)
	result := s.claimResult(4)
	require.Equal(s.t, []string{claimed[1].ID.Text, low.ID.Text}, claimedIDs(result.Claimed))
	require.Equal(s.t, 2, result.Scheduler.WindowRemaining)
	for _, again := range result.Claimed {
		require.Equal(s.t, 2, again.Attempt)
		require.Equal(s.t, result.Scheduler.WindowSeq, again.Window)
	}
}
