package storetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

func readTests() []test {
	return []test{
		{"a message that does not exist is not found", func(s *scene) {
			for _, id := range []string{"nobody", "", "68a795179072a717e6a17f37"} {
				_, err := s.store.Message(s.t.Context(), id)
				require.Equal(s.t, models.KindNotFound, models.KindOf(err), "id %q", id)
			}
		}},
		{"a string id is found before an ObjectID of the same digits", func(s *scene) {
			if !s.suite.ObjectIDs {
				s.t.Skip("this store knows no ObjectIDs")
			}
			const digits = "68a795179072a717e6a17f37"
			s.data.InsertByHand(s.t, map[string]any{
				"_id": ObjectID(digits), "to": recipient, "content": "object", "status": "pending",
			})
			got := s.message(models.ID{Text: digits})
			require.Equal(s.t, models.ID{Text: digits, ObjectID: true}, got.ID)
			s.data.InsertByHand(s.t, map[string]any{
				"_id": digits, "to": recipient, "content": "string", "status": "pending",
			})
			got = s.message(models.ID{Text: digits})
			require.Equal(s.t, models.ID{Text: digits}, got.ID)
			require.Equal(s.t, "string", got.Content)
		}},
		{"sent messages are listed newest first and page by page", sentIsListed},
		{"sent messages of the same moment keep one order", func(s *scene) {
			s.run(0)
			s.accept(7)
			for _, claimed := range s.claim(7) {
				require.True(s.t, s.record(s.sent(claimed)))
			}
			all, err := s.store.Sent(s.t.Context(), 0, 10)
			require.NoError(s.t, err)
			require.Len(s.t, all, 7)
			for i := range all {
				one, err := s.store.Sent(s.t.Context(), int64(i), 1)
				require.NoError(s.t, err)
				require.Equal(s.t, ids(all[i:i+1]), ids(one))
			}
		}},
		{"messages that the reference had sent are listed", func(s *scene) {
			at := s.clock.Now().Add(-time.Hour)
			s.data.InsertByHand(s.t, map[string]any{
				"_id": "old", "to": recipient, "content": "long ago", "status": "sent",
				"created_at": at.Add(-time.Minute), "sent_at": at, "message_id": "provider-old", "retry_count": 1,
			})
			listed, err := s.store.Sent(s.t.Context(), 0, 10)
			require.NoError(s.t, err)
			require.Equal(s.t, []string{"old"}, ids(listed))
			require.Equal(s.t, "provider-old", listed[0].MessageID)
			require.Equal(s.t, 1, listed[0].RetryCount)
			requireTime(s.t, at, listed[0].SentAt, "sent at")
		}},
		{"the store tells the time that it was given", func(s *scene) {
			s.clock.Move(time.Hour)
			requireTime(s.t, s.clock.Now(), s.store.Now(), "now")
		}},
		{"a store that can be used answers a ping", func(s *scene) {
			require.NoError(s.t, s.store.Ping(s.t.Context()))
		}},
	}
}

func sentIsListed(s *scene) {
	s.run(0)
	made := s.accept(5)
	for _, claimed := range s.claim(4) {
		s.clock.Move(time.Second)
		require.True(s.t, s.record(s.sent(claimed)))
	}
	newestFirst := []string{made[3].ID.Text, made[2].ID.Text, made[1].ID.Text, made[0].ID.Text}

	all, err := s.store.Sent(s.t.Context(), 0, 10)
	require.NoError(s.t, err)
	require.Equal(s.t, newestFirst, ids(all))
	require.Equal(s.t, "provider-"+newestFirst[0], all[0].MessageID)
	requireTime(s.t, s.clock.Now(), all[0].SentAt, "sent at")
	require.Empty(s.t, all[0].Attempts, "a list is without attempts")

	page, err := s.store.Sent(s.t.Context(), 1, 2)
	require.NoError(s.t, err)
	require.Equal(s.t, newestFirst[1:3], ids(page))

	past, err := s.store.Sent(s.t.Context(), 4, 2)
	require.NoError(s.t, err)
	require.Empty(s.t, past)
}
