package storetest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// inspect takes numbers that begin with +, normalises them by removing blanks,
// and contents that are not empty.
func inspect(to, content string) (models.Inspected, error) {
	if !strings.HasPrefix(to, "+") {
		return models.Inspected{}, errors.New("to has no country code")
	}
	if content == "" {
		return models.Inspected{}, errors.New("content is empty")
	}
	return models.Inspected{To: strings.ReplaceAll(to, " ", ""), NumSegments: 1, Encoding: models.EncodingGSM7}, nil
}

// adopt adopts and demands how many were adopted and refused.
func (s *scene) adopt(limit, adopted, refused int) {
	s.t.Helper()
	gotAdopted, gotRefused, err := s.store.Adopt(s.t.Context(), dataoperations.AdoptRequest{Limit: limit, Inspect: inspect})
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
		{"a time in seconds where milliseconds belong fails with the reason", timesInSecondsFail},
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
		{"a message that was given a time to be sent at is scheduled", func(s *scene) {
			s.run(0)
			at := s.clock.Now().Add(time.Minute)
			s.reference("by-hand", func(f map[string]any) { f["send_at"], f["reference"] = at, "order-1" })
			s.adopt(10, 1, 0)
			got := s.message(models.ID{Text: "by-hand"})
			require.Equal(s.t, models.StatusScheduled, got.Status)
			requireTime(s.t, at, got.NextAttemptAt, "due")
			requireTime(s.t, at, got.SendAt, "send at")
			require.Equal(s.t, "order-1", got.Reference)
			s.requireCounts(models.Counts{models.StatusScheduled: 1})
			s.clock.Move(time.Minute)
			require.Len(s.t, s.promote(1), 1)
			require.Equal(s.t, []string{"by-hand"}, claimedIDs(s.claim(1)))
		}},
		{"a message inserted as scheduled is inspected, sent once, and counted once", insertedAsScheduled},
		{"what is refused without a time of creation is listed all the same", func(s *scene) {
			s.reference("bad", func(f map[string]any) { f["to"] = "garbage"; delete(f, "created_at") })
			s.reference("worse", func(f map[string]any) { f["created_at"] = "one fine day" })
			s.adopt(10, 0, 2)
			for _, id := range []string{"bad", "worse"} {
				requireTime(s.t, s.clock.Now(), s.message(models.ID{Text: id}).CreatedAt, "created at")
			}
			require.ElementsMatch(s.t, []string{"bad", "worse"}, s.list(models.Filter{}, 10))
		}},
		{"a message gets what inspect found, and the validity, from when it is due", adoptedWithValidity},
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

// When it is adopted is the store's affair: at once, or when its time has come.
func insertedAsScheduled(s *scene) {
	s.run(0)
	at := s.clock.Now().Add(time.Minute)
	for _, id := range []string{"good", "to be canceled", "bad"} {
		s.reference(id, func(f map[string]any) {
			f["status"], f["send_at"], f["to"] = "scheduled", at, "+90 555 111 11 11"
			if id == "bad" {
				f["to"] = "garbage"
			}
		})
	}
	adopt := func() {
		_, _, err := s.store.Adopt(s.t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: inspect})
		require.NoError(s.t, err)
	}
	canceled := models.ID{Text: "to be canceled"}
	answers, err := s.store.Cancel(s.t.Context(), []models.ID{canceled})
	require.NoError(s.t, err)
	require.Equal(s.t, []bool{false}, answers, "nobody has adopted it yet")
	require.Empty(s.t, s.list(models.Filter{Status: models.StatusScheduled}, 10))
	adopt()
	require.Empty(s.t, s.claim(1))
	s.clock.Move(time.Minute)
	_, err = s.store.Promote(s.t.Context(), 10)
	require.NoError(s.t, err)
	adopt()
	s.cancel(canceled)
	claimed := s.claim(10)
	require.Equal(s.t, []string{"good"}, claimedIDs(claimed))
	require.Equal(s.t, recipient, claimed[0].To)
	require.True(s.t, s.record(s.sent(claimed[0])))
	require.Equal(s.t, models.StatusFailed, s.message(models.ID{Text: "bad"}).Status)
	s.requireCounts(models.Counts{models.StatusSent: 1, models.StatusCanceled: 1, models.StatusFailed: 1})
}

func adoptedWithValidity(s *scene) {
	at := s.clock.Now()
	s.reference("now", func(f map[string]any) { f["created_at"] = at })
	s.reference("later", func(f map[string]any) { f["send_at"] = at.Add(time.Hour) })
	s.reference("said", func(f map[string]any) { f["expires_at"] = at.Add(time.Second) })
	s.reference("old", unchanged)
	adopted, refused, err := s.store.Adopt(s.t.Context(), dataoperations.AdoptRequest{Limit: 10, Inspect: inspect, Validity: time.Minute})
	require.NoError(s.t, err)
	require.Equal(s.t, [2]int{4, 0}, [2]int{adopted, refused})
	for id, expires := range map[string]time.Time{
		"now": at.Add(time.Minute), "later": at.Add(time.Hour + time.Minute),
		"said": at.Add(time.Second), "old": at.Add(time.Minute), // it was nobody's to expire before
	} {
		got := s.message(models.ID{Text: id})
		requireTime(s.t, expires, got.ExpiresAt, id)
		require.Equal(s.t, 1, got.NumSegments)
		require.Equal(s.t, models.EncodingGSM7, got.Encoding)
	}
	require.Equal(s.t, time.Minute, s.message(models.ID{Text: "now"}).Validity, "so that a retry gets it again")
	s.clock.Move(time.Minute)
	require.ElementsMatch(s.t, []string{"now", "old", "said"}, s.expire(10))
	require.Equal(s.t, []bool{true}, s.again(models.ID{Text: "old"}))
	requireTime(s.t, at.Add(2*time.Minute), s.message(models.ID{Text: "old"}).ExpiresAt, "expires at")

	s.reference("for ever", unchanged)
	s.adopt(10, 1, 0)
	require.True(s.t, s.message(models.ID{Text: "for ever"}).ExpiresAt.IsZero())
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
