package storetest

import (
	"errors"
	"fmt"
	"strings"
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
func (s *scene) adopt(limit, adopted, refused int) {
	s.t.Helper()
	gotAdopted, gotRefused, err := s.store.Adopt(s.t.Context(), limit, inspect)
	require.NoError(s.t, err)
	require.Equal(s.t, [2]int{adopted, refused}, [2]int{gotAdopted, gotRefused}, "adopted, refused")
}

// reference inserts a message as the reference's users do.
func (s *scene) reference(id any, change func(fields map[string]any)) {
	s.t.Helper()
	fields := map[string]any{
		"_id": id, "to": recipient, "content": "Test mesajı", "status": "pending",
		"created_at": s.clock.Now().Add(-time.Hour), "retry_count": 0,
	}
	change(fields)
	s.data.InsertByHand(s.t, fields)
}

func unchanged(map[string]any) {}

func adoptTests() []test {
	return []test{
		{"a message inserted by hand is adopted and sent like any other", func(s *scene) {
			s.run(0)
			s.reference("by-hand", unchanged)
			require.Empty(s.t, s.claim(1), "claimed before anybody inspected it")
			s.adopt(10, 1, 0)
			got := s.message(models.ID{Text: "by-hand"})
			require.Equal(s.t, models.StatusPending, got.Status)
			require.Equal(s.t, models.PriorityNormal, got.Priority)
			requireTime(s.t, s.clock.Now().Add(-time.Hour), got.NextAttemptAt, "due at its creation")
			s.requireCounts(models.Counts{models.StatusPending: 1})

			claimed := s.claim(1)
			require.Equal(s.t, []string{"by-hand"}, claimedIDs(claimed))
			require.Equal(s.t, 1, claimed[0].Attempt)
			require.Equal(s.t, "Test mesajı", claimed[0].Content)
			require.True(s.t, s.record(s.sent(claimed[0])))
			s.requireCounts(models.Counts{models.StatusSent: 1})
		}},
		{"an ObjectID keeps its type all the way", func(s *scene) {
			if !s.suite.ObjectIDs {
				s.t.Skip("this store knows no ObjectIDs")
			}
			s.run(0)
			id := models.ID{Text: "68a795179072a717e6a17f37", ObjectID: true}
			s.reference(ObjectID(id.Text), unchanged)
			s.adopt(10, 1, 0)
			claimed := s.claim(1)
			require.Len(s.t, claimed, 1)
			require.Equal(s.t, id, claimed[0].ID)
			require.NoError(s.t, s.store.GiveBack(s.t.Context(), claimsOf(claimed)))
			claimed = s.claim(1)
			require.Len(s.t, claimed, 1)
			require.True(s.t, s.record(s.sent(claimed[0])))
			require.Equal(s.t, models.StatusSent, s.message(id).Status)
			require.Empty(s.t, s.claim(1))
		}},
		{"the number that inspect returned is what is sent to", func(s *scene) {
			s.run(0)
			s.reference("spaced", func(f map[string]any) { f["to"] = "+90 555 111 11 11" })
			s.adopt(10, 1, 0)
			claimed := s.claim(1)
			require.Len(s.t, claimed, 1)
			require.Equal(s.t, recipient, claimed[0].To)
		}},
		{"a creation time in the future or missing is now", func(s *scene) {
			s.reference("future", func(f map[string]any) { f["created_at"] = s.clock.Now().Add(time.Hour) })
			s.reference("missing", func(f map[string]any) { delete(f, "created_at") })
			s.adopt(10, 2, 0)
			for _, id := range []string{"future", "missing"} {
				requireTime(s.t, s.clock.Now(), s.message(models.ID{Text: id}).NextAttemptAt, id)
			}
			requireTime(s.t, s.clock.Now(), s.message(models.ID{Text: "missing"}).CreatedAt, "created at")
		}},
		{"a priority given by hand is kept", func(s *scene) {
			s.run(0)
			s.reference("normal", unchanged)
			s.reference("high", func(f map[string]any) { f["priority"] = 0 })
			s.adopt(10, 2, 0)
			require.Equal(s.t, []string{"high", "normal"}, claimedIDs(s.claim(2)))
		}},
		{"invalid ones fail with the reason and block nothing", invalidOnesFail},
		{"no more than the limit are adopted at a time", func(s *scene) {
			for i := range 5 {
				s.reference(fmt.Sprintf("by-hand-%d", i), unchanged)
			}
			s.adopt(2, 2, 0)
			s.adopt(2, 2, 0)
			s.adopt(2, 1, 0)
			s.adopt(2, 0, 0)
			s.requireCounts(models.Counts{models.StatusPending: 5})
		}},
		{"accepted messages are not asked about again", func(s *scene) {
			s.accept(3)
			s.adopt(10, 0, 0)
		}},
		{"a failed message that somebody made pending starts afresh", failedStartsAfresh},
		{"a sent message that somebody made pending and invalid keeps no trace of having been sent", func(s *scene) {
			claimed := s.claimOne()
			require.True(s.t, s.record(s.sent(claimed)))
			s.data.UpdateByHand(s.t, claimed.ID.Text, map[string]any{"status": "pending", "to": "garbage"})
			s.adopt(10, 0, 1)
			got := s.message(claimed.ID)
			require.Equal(s.t, models.StatusFailed, got.Status)
			require.True(s.t, got.SentAt.IsZero())
			require.Empty(s.t, got.MessageID)
			s.requireCounts(models.Counts{models.StatusFailed: 1})
		}},
	}
}

func invalidOnesFail(s *scene) {
	s.run(0)
	reasons := map[string]string{
		"no-number":    "country code",
		"no-content":   "empty",
		"number-typed": "to", "content-typed": "content", "created-typed": "created_at",
	}
	s.reference("no-number", func(f map[string]any) { f["to"] = "garbage" })
	s.reference("no-content", func(f map[string]any) { delete(f, "content") })
	s.reference("number-typed", func(f map[string]any) { f["to"] = 905551111111 })
	s.reference("content-typed", func(f map[string]any) { f["content"] = []byte{0xff, 0x00} })
	s.reference("created-typed", func(f map[string]any) { f["created_at"] = "one fine day" })
	s.reference("good", unchanged)
	s.adopt(10, 1, len(reasons))
	for id, reason := range reasons {
		got := s.message(models.ID{Text: id})
		require.Equal(s.t, models.StatusFailed, got.Status, id)
		require.Equal(s.t, models.ErrorCodeInvalid, got.ErrorCode, id)
		require.Contains(s.t, got.Error, reason, id)
		requireTime(s.t, s.clock.Now(), got.FailedAt, id)
		require.True(s.t, got.NextAttemptAt.IsZero(), id)
		require.Zero(s.t, got.AttemptCount, id)
	}
	s.adopt(10, 0, 0)
	require.Equal(s.t, []string{"good"}, claimedIDs(s.claim(10)))
	s.requireCounts(models.Counts{models.StatusFailed: int64(len(reasons)), models.StatusSending: 1})
}

func failedStartsAfresh(s *scene) {
	s.run(2)
	made := s.accept(1)[0]
	claimed := s.claim(1)
	require.Len(s.t, claimed, 1)
	require.True(s.t, s.record(s.failed(claimed[0])))
	s.data.UpdateByHand(s.t, made.ID.Text, map[string]any{"status": "pending"})
	s.adopt(10, 1, 0)

	got := s.message(made.ID)
	require.Equal(s.t, models.StatusPending, got.Status)
	require.Zero(s.t, got.AttemptCount)
	require.Zero(s.t, got.RetryCount)
	require.Empty(s.t, got.Attempts)
	require.Empty(s.t, got.Error)
	require.Empty(s.t, got.ErrorCode)
	require.True(s.t, got.FailedAt.IsZero())
	require.False(s.t, s.record(s.sent(claimed[0])), "the old claim is no longer its own")
	s.requireCounts(models.Counts{models.StatusPending: 1})

	again := s.claim(1)
	require.Len(s.t, again, 1)
	require.Equal(s.t, 1, again[0].Attempt)
	require.Zero(s.t, s.scheduler().WindowRemaining, "a fresh first attempt draws from the window")
}
