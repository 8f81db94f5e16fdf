package storetest

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

func acceptTests() []test {
	return []test{
		{"an accepted message is pending and due at its creation", func(s *scene) {
			made := s.accept(1)[0]
			got := s.message(made.ID)
			require.Equal(s.t, made.ID, got.ID)
			require.Equal(s.t, made.To, got.To)
			require.Equal(s.t, made.Content, got.Content)
			require.Equal(s.t, models.StatusPending, got.Status)
			require.Equal(s.t, models.PriorityNormal, got.Priority)
			requireTime(s.t, made.CreatedAt, got.CreatedAt, "created at")
			requireTime(s.t, made.CreatedAt, got.NextAttemptAt, "due")
			require.Zero(s.t, got.AttemptCount)
			require.Zero(s.t, got.RetryCount)
			require.Empty(s.t, got.Attempts)
			require.True(s.t, got.SentAt.IsZero())
			require.True(s.t, got.FailedAt.IsZero())
		}},
		{"a message created in the future is due then", func(s *scene) {
			s.run(0)
			made := s.acceptOne(func(m *models.Message) { m.CreatedAt = s.clock.Now().Add(time.Second) })
			require.Empty(s.t, s.claim(1))
			s.clock.Move(time.Second)
			require.Equal(s.t, []string{made.ID.Text}, claimedIDs(s.claim(1)))
		}},
		{"another store sees it at once", func(s *scene) {
			made := s.accept(1)[0]
			got, err := s.open().Message(s.t.Context(), made.ID.Text)
			require.NoError(s.t, err)
			require.Equal(s.t, made.Content, got.Content)
		}},
		{"every character survives", func(s *scene) {
			text := strings.Repeat("ş", 81) + "\x00\n'\";--$ne{}\u2028😀"
			made := s.acceptOne(func(m *models.Message) { m.Content = text })
			require.Equal(s.t, text, s.message(made.ID).Content)
		}},
		{"an id that is stored already is a conflict and changes nothing", func(s *scene) {
			made := s.accept(1)[0]
			again := made
			again.Content = "something else"
			require.Equal(s.t, models.KindConflict, models.KindOf(s.store.Accept(s.t.Context(), again)))
			require.Equal(s.t, made.Content, s.message(made.ID).Content)
			s.requireCounts(models.Counts{models.StatusPending: 1})
		}},
		{"many are accepted all or none", func(s *scene) {
			first := s.accept(1)
			batch := append(s.messages(3), first[0])
			batch = append(batch, s.messages(3)...)
			require.Equal(s.t, models.KindConflict, models.KindOf(s.store.Accept(s.t.Context(), batch...)))
			for _, message := range append(batch[:3:3], batch[4:]...) {
				_, err := s.store.Message(s.t.Context(), message.ID.Text)
				require.Equal(s.t, models.KindNotFound, models.KindOf(err), "one of a refused batch was stored")
			}
			s.requireCounts(models.Counts{models.StatusPending: 1})
		}},
		{"an id twice in one call is a conflict", func(s *scene) {
			batch := s.messages(2)
			batch[1].ID = batch[0].ID
			require.Equal(s.t, models.KindConflict, models.KindOf(s.store.Accept(s.t.Context(), batch...)))
			s.requireCounts(models.Counts{})
		}},
		{"nothing is accepted without complaint", func(s *scene) {
			require.NoError(s.t, s.store.Accept(s.t.Context()))
			s.requireCounts(models.Counts{})
		}},
	}
}
