package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

// inspect takes numbers that begin with +, normalises them by removing blanks,
// and contents that are not empty.
func inspect(to, content string) (string, error) {
	if !strings.HasPrefix(to, "+") {
		return "", errors.New("to has no country code")
	}
	if content == "" {
		return "", errors.New("content is empty")
	}
	return strings.ReplaceAll(to, " ", ""), nil
}

// adopt adopts and demands how many were adopted and refused.
func (s *scene) adopt(t *testing.T, limit, adopted, refused int) {
	t.Helper()
	gotAdopted, gotRefused, err := s.store.Adopt(t.Context(), limit, inspect)
	require.NoError(t, err)
	require.Equal(t, [2]int{adopted, refused}, [2]int{gotAdopted, gotRefused}, "adopted, refused")
}

// reference inserts a message as the reference's users do.
func (s *scene) reference(t *testing.T, id any, change func(fields map[string]any)) {
	t.Helper()
	fields := map[string]any{
		"_id": id, "to": recipient, "content": "Test mesajı", "status": "pending",
		"created_at": s.clock.Now().Add(-time.Hour), "retry_count": 0,
	}
	change(fields)
	s.data.InsertByHand(t, fields)
}

func unchanged(map[string]any) {}

func adoptTests() []test {
	return []test{
		{"a message inserted by hand is adopted and sent like any other", func(t *testing.T, s *scene) {
			s.run(t, 0)
			s.reference(t, "by-hand", unchanged)
			require.Empty(t, s.claim(t, 1), "claimed before anybody inspected it")
			s.adopt(t, 10, 1, 0)
			got := s.message(t, models.ID{Text: "by-hand"})
			require.Equal(t, models.StatusPending, got.Status)
			require.Equal(t, models.PriorityNormal, got.Priority)
			requireTime(t, s.clock.Now().Add(-time.Hour), got.NextAttemptAt, "due at its creation")
			s.requireCounts(t, models.Counts{models.StatusPending: 1})

			claimed := s.claim(t, 1)
			require.Equal(t, []string{"by-hand"}, claimedIDs(claimed))
			require.Equal(t, 1, claimed[0].Attempt)
			require.Equal(t, "Test mesajı", claimed[0].Content)
			require.True(t, s.record(t, s.sent(claimed[0])))
			s.requireCounts(t, models.Counts{models.StatusSent: 1})
		}},
		{"an ObjectID keeps its type all the way", func(t *testing.T, s *scene) {
			if !s.suite.ObjectIDs {
				t.Skip("this store knows no ObjectIDs")
			}
			s.run(t, 0)
			id := models.ID{Text: "68a795179072a717e6a17f37", ObjectID: true}
			s.reference(t, ObjectID(id.Text), unchanged)
			s.adopt(t, 10, 1, 0)
			claimed := s.claim(t, 1)
			require.Len(t, claimed, 1)
			require.Equal(t, id, claimed[0].ID)
			require.NoError(t, s.store.GiveBack(t.Context(), claimsOf(claimed)))
			claimed = s.claim(t, 1)
			require.Len(t, claimed, 1)
			require.True(t, s.record(t, s.sent(claimed[0])))
			require.Equal(t, models.StatusSent, s.message(t, id).Status)
			require.Empty(t, s.claim(t, 1))
		}},
		{"the number that inspect returned is what is sent to", func(t *testing.T, s *scene) {
			s.run(t, 0)
			s.reference(t, "spaced", func(f map[string]any) { f["to"] = "+90 555 111 11 11" })
			s.adopt(t, 10, 1, 0)
			claimed := s.claim(t, 1)
			require.Len(t, claimed, 1)
			require.Equal(t, recipient, claimed[0].To)
		}},
		{"a creation time in the future or missing is now", func(t *testing.T, s *scene) {
			s.reference(t, "future", func(f map[string]any) { f["created_at"] = s.clock.Now().Add(time.Hour) })
			s.reference(t, "missing", func(f map[string]any) { delete(f, "created_at") })
			s.adopt(t, 10, 2, 0)
			for _, id := range []string{"future", "missing"} {
				requireTime(t, s.clock.Now(), s.message(t, models.ID{Text: id}).NextAttemptAt, id)
			}
			requireTime(t, s.clock.Now(), s.message(t, models.ID{Text: "missing"}).CreatedAt, "created at")
		}},
		{"a priority given by hand is kept", func(t *testing.T, s *scene) {
			s.run(t, 0)
			s.reference(t, "normal", unchanged)
			s.reference(t, "high", func(f map[string]any) { f["priority"] = 0 })
			s.adopt(t, 10, 2, 0)
			require.Equal(t, []string{"high", "normal"}, claimedIDs(s.claim(t, 2)))
		}},
		{"invalid ones fail with the reason and block nothing", invalidOnesFail},
		{"no more than the limit are adopted at a time", func(t *testing.T, s *scene) {
			for i := range 5 {
				s.reference(t, fmt.Sprintf("by-hand-%d", i), unchanged)
			}
			s.adopt(t, 2, 2, 0)
			s.adopt(t, 2, 2, 0)
			s.adopt(t, 2, 1, 0)
			s.adopt(t, 2, 0, 0)
			s.requireCounts(t, models.Counts{models.StatusPending: 5})
		}},
		{"accepted messages are not asked about again", func(t *testing.T, s *scene) {
			s.accept(t, 3)
			s.adopt(t, 10, 0, 0)
		}},
		{"a failed message that somebody made pending starts afresh", failedStartsAfresh},
	}
}

func invalidOnesFail(t *testing.T, s *scene) {
	s.run(t, 0)
	reasons := map[string]string{
		"no-number":    "country code",
		"no-content":   "empty",
		"number-typed": "to", "content-typed": "content", "created-typed": "created_at",
	}
	s.reference(t, "no-number", func(f map[string]any) { f["to"] = "garbage" })
	s.reference(t, "no-content", func(f map[string]any) { delete(f, "content") })
	s.reference(t, "number-typed", func(f map[string]any) { f["to"] = 905551111111 })
	s.reference(t, "content-typed", func(f map[string]any) { f["content"] = []byte{0xff, 0x00} })
	s.reference(t, "created-typed", func(f map[string]any) { f["created_at"] = "one fine day" })
	s.reference(t, "good", unchanged)
	s.adopt(t, 10, 1, len(reasons))
	for id, reason := range reasons {
		got := s.message(t, models.ID{Text: id})
		require.Equal(t, models.StatusFailed, got.Status, id)
		require.Equal(t, models.ErrorCodeInvalid, got.ErrorCode, id)
		require.Contains(t, got.Error, reason, id)
		requireTime(t, s.clock.Now(), got.FailedAt, id)
		require.True(t, got.NextAttemptAt.IsZero(), id)
		require.Zero(t, got.AttemptCount, id)
	}
	s.adopt(t, 10, 0, 0)
	require.Equal(t, []string{"good"}, claimedIDs(s.claim(t, 10)))
	s.requireCounts(t, models.Counts{models.StatusFailed: int64(len(reasons)), models.StatusSending: 1})
}

func failedStartsAfresh(t *testing.T, s *scene) {
	s.run(t, 2)
	made := s.accept(t, 1)[0]
	claimed := s.claim(t, 1)
	require.Len(t, claimed, 1)
	require.True(t, s.record(t, s.failed(claimed[0])))
	s.data.UpdateByHand(t, made.ID.Text, map[string]any{"status": "pending"})
	s.adopt(t, 10, 1, 0)

	got := s.message(t, made.ID)
	require.Equal(t, models.StatusPending, got.Status)
	require.Zero(t, got.AttemptCount)
	require.Zero(t, got.RetryCount)
	require.Empty(t, got.Attempts)
	require.Empty(t, got.Error)
	require.Empty(t, got.ErrorCode)
	require.True(t, got.FailedAt.IsZero())
	require.False(t, s.record(t, s.sent(claimed[0])), "the old claim is no longer its own")
	s.requireCounts(t, models.Counts{models.StatusPending: 1})

	again := s.claim(t, 1)
	require.Len(t, again, 1)
	require.Equal(t, 1, again[0].Attempt)
	require.Zero(t, s.scheduler(t).WindowRemaining, "a fresh first attempt draws from the window")
}
