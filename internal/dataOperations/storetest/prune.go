package storetest

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// prune goes through all that there is to prune, and demands how many changed.
func (s *scene) prune(request dataoperations.PruneRequest, expected int) {
	s.t.Helper()
	total := 0
	for step := 0; ; step++ {
		require.Less(s.t, step, 100, "it does not end")
		changed, next, err := s.store.Prune(s.t.Context(), request)
		require.NoError(s.t, err)
		require.LessOrEqual(s.t, changed, request.Limit)
		total += changed
		if next == (dataoperations.PruneCursor{}) {
			break
		}
		require.NotEqual(s.t, request.After, next, "it stands still")
		request.After = next
	}
	require.Equal(s.t, expected, total)
}

// ended makes n messages each of which ends now as its index says: sent, failed,
// canceled, expired.
func (s *scene) ended(n int) []models.ID {
	s.t.Helper()
	var done []models.ID
	for i := range n {
		switch i % 4 {
		case 0, 1:
			s.acceptOne(func(m *models.Message) { m.CreatedAt = s.clock.Now().Add(-time.Hour) })
			claimed := s.claim(1)
			require.Len(s.t, claimed, 1)
			outcome := s.repeats(s.failed(claimed[0]))
			if i%4 == 0 {
				outcome = s.sent(claimed[0])
			}
			require.True(s.t, s.record(outcome))
			done = append(done, claimed[0].ID)
		case 2:
			made := s.accept(1)[0]
			s.cancel(made.ID)
			done = append(done, made.ID)
		default:
			made := s.acceptOne(func(m *models.Message) { m.ExpiresAt = s.clock.Now() })
			require.Len(s.t, s.expire(1), 1)
			done = append(done, made.ID)
		}
	}
	return done
}

func pruneTests() []test {
	return []test{
		{"what ended before the time is deleted, in any final status, and nothing else", func(s *scene) {
			s.run(0)
			old := s.ended(8)
			s.clock.Move(time.Second)
			limit := s.clock.Now()
			young := s.ended(4)
			waits := []models.ID{s.accept(1)[0].ID, s.later(time.Hour, 0).ID}
			s.clock.Move(24 * time.Hour)
			s.prune(dataoperations.PruneRequest{Before: limit, Limit: 3}, 8)
			for _, id := range old {
				_, err := s.store.Message(s.t.Context(), id.Text)
				require.Equal(s.t, models.KindNotFound, models.KindOf(err))
			}
			for _, id := range append(young, waits...) {
				s.message(id)
			}
			require.Len(s.t, s.list(models.Filter{}, 100), 6)
			s.requireCounts(models.Counts{
				models.StatusSent: 1, models.StatusFailed: 1, models.StatusCanceled: 1, models.StatusExpired: 1,
				models.StatusPending: 1, models.StatusScheduled: 1,
			})
			s.prune(dataoperations.PruneRequest{Before: limit, Limit: 3}, 0)
		}},
		{"or it is erased, once, and stays as it is otherwise", func(s *scene) {
			s.run(0)
			done := s.ended(4)
			before := s.list(models.Filter{}, 100)
			s.clock.Move(time.Second)
			s.prune(dataoperations.PruneRequest{Before: s.clock.Now(), Erase: true, Limit: 3}, 4)
			for _, id := range done {
				got := s.message(id)
				require.Empty(s.t, got.To)
				require.Empty(s.t, got.Content)
				require.NotContains(s.t, got.Error, recipient)
				for _, attempt := range got.Attempts {
					require.NotContains(s.t, attempt.Error, recipient)
				}
				requireTime(s.t, s.clock.Now(), got.ErasedAt, "erased at")
			}
			require.Equal(s.t, before, s.list(models.Filter{}, 100))
			s.requireCounts(models.Counts{models.StatusSent: 1, models.StatusFailed: 1, models.StatusCanceled: 1, models.StatusExpired: 1})
			s.clock.Move(time.Second)
			s.unchangedBy(done[0], func() {
				s.prune(dataoperations.PruneRequest{Before: s.clock.Now(), Erase: true, Limit: 3}, 0)
			})
		}},
		{"what a person erased is passed by, or deleted", func(s *scene) {
			s.run(0)
			done := s.ended(2)
			s.erase(done[0])
			s.clock.Move(time.Hour)
			s.unchangedBy(done[0], func() {
				s.prune(dataoperations.PruneRequest{Before: s.clock.Now(), Erase: true, Limit: 10}, 1)
			})
		}},
		{"the oldest go first", func(s *scene) {
			s.run(0)
			var done []models.ID
			for range 3 {
				done = append(done, s.ended(1)...)
				s.clock.Move(time.Second)
			}
			changed, _, err := s.store.Prune(s.t.Context(), dataoperations.PruneRequest{Before: s.clock.Now(), Limit: 2})
			require.NoError(s.t, err)
			require.Equal(s.t, 2, changed)
			require.Equal(s.t, done[2:], idsOf(s.walkList(models.Filter{}, 10, nothing)))
		}},
		{"what is not final is never pruned, however old", func(s *scene) {
			s.run(0)
			s.accept(2)
			claimed := s.claim(1)
			require.True(s.t, s.record(s.retry(claimed[0], 0)))
			require.Len(s.t, s.claim(1), 1)
			s.later(time.Hour, 0)
			s.reference("by-hand", func(f map[string]any) { f["created_at"] = s.clock.Now().Add(-9999 * time.Hour) })
			s.clock.Move(99 * 24 * time.Hour)
			s.prune(dataoperations.PruneRequest{Before: s.clock.Now(), Limit: 10}, 0)
			s.prune(dataoperations.PruneRequest{Before: s.clock.Now(), Erase: true, Limit: 10}, 0)
			s.message(models.ID{Text: "by-hand"})
		}},
		{"what failed and was retried since does not count by its old end", func(s *scene) {
			claimed := s.failedOne()
			require.Equal(s.t, []bool{true}, s.again(claimed.ID))
			s.clock.Move(24 * time.Hour)
			s.prune(dataoperations.PruneRequest{Before: s.clock.Now(), Limit: 10}, 0)
			require.Equal(s.t, models.StatusPending, s.message(claimed.ID).Status)
		}},
		{"a message pruned can be accepted anew", func(s *scene) {
			made := s.accept(1)[0]
			s.cancel(made.ID)
			s.clock.Move(time.Second)
			s.prune(dataoperations.PruneRequest{Before: s.clock.Now(), Limit: 10}, 1)
			made.Content = strings.ToUpper(made.Content)
			require.NoError(s.t, s.store.Accept(s.t.Context(), made))
			require.Equal(s.t, made.Content, s.message(made.ID).Content)
		}},
	}
}
