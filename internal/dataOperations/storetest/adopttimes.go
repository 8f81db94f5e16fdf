package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

// Taken for milliseconds, a time in seconds lies in 1970: the message would go out, or
// expire, at once.
func timesInSecondsFail(s *scene) {
	s.run(0)
	at := s.clock.Now().Add(24 * time.Hour)
	for _, column := range []string{"created_at", "next_attempt_at", "send_at", "expires_at"} {
		for _, status := range []string{"pending", "scheduled"} {
			s.reference(column+" "+status, func(f map[string]any) {
				f["status"], f["send_at"] = status, at
				f[column] = at.Unix()
			})
			s.reference("as a date "+column+" "+status, func(f map[string]any) {
				f["status"], f["send_at"] = status, at
				f[column] = time.UnixMilli(at.Unix())
			})
		}
	}
	s.reference("in milliseconds", func(f map[string]any) { f["send_at"] = at.UnixMilli() })
	s.reference("scheduled, in milliseconds", func(f map[string]any) { f["status"], f["send_at"] = "scheduled", at.UnixMilli() })
	s.reference("as text", func(f map[string]any) { f["send_at"] = "1971-01-01T00:00:00Z" })
	s.adopt(20, 3, 16)
	for _, column := range []string{"created_at", "next_attempt_at", "send_at", "expires_at"} {
		got := s.message(models.ID{Text: column + " pending"})
		require.Equal(s.t, models.StatusFailed, got.Status, column)
		require.Equal(s.t, models.ErrorCodeInvalid, got.ErrorCode, column)
		require.Contains(s.t, got.Error, column+" is in seconds", column)
	}
	requireTime(s.t, s.clock.Now(), s.message(models.ID{Text: "created_at pending"}).CreatedAt, "lists are by it")
	requireTime(s.t, at, s.message(models.ID{Text: "in milliseconds"}).SendAt, "send at")
	require.Equal(s.t, []string{"as text"}, claimedIDs(s.claim(20)))
	s.requireCounts(models.Counts{models.StatusFailed: 16, models.StatusScheduled: 2, models.StatusSending: 1})
}
