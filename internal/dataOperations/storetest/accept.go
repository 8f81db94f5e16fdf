package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

func acceptTests() []test {
	return []test{
		{"an accepted message is pending and due at its creation", func(t *testing.T, s *scene) {
			made := s.accept(t, 1)[0]
			got := s.message(t, made.ID)
			require.Equal(t, made.ID, got.ID)
			require.Equal(t, made.To, got.To)
			require.Equal(t, made.Content, got.Content)
			require.Equal(t, models.StatusPending, got.Status)
			require.Equal(t, models.PriorityNormal, got.Priority)
			requireTime(t, made.CreatedAt, got.CreatedAt, "created at")
			requireTime(t, made.CreatedAt, got.NextAttemptAt, "due")
			require.Zero(t, got.AttemptCount)
			require.Zero(t, got.RetryCount)
			require.Empty(t, got.Attempts)
			require.True(t, got.SentAt.IsZero())
			require.True(t, got.FailedAt.IsZero())
		}},
		{"a message created in the future is due then", func(t *testing.T, s *scene) {
			s.run(t, 0)
			made := s.acceptOne(t, func(m *models.Message) { m.CreatedAt = s.clock.Now().Add(time.Second) })
			require.Empty(t, s.claim(t, 1))
			s.clock.Move(time.Second)
			require.Equal(t, []string{made.ID.Text}, claimedIDs(s.claim(t, 1)))
		}},
		{"another store sees it at once", func(t *testing.T, s *scene) {
			made := s.accept(t, 1)[0]
			got, err := s.open(t).Message(t.Context(), made.ID.Text)
			require.NoError(t, err)
			require.Equal(t, made.Content, got.Content)
		}},
		{"every character survives", func(t *testing.T, s *scene) {
			text := strings.Repeat("ş", 81) + "\x00\n'\";--$ne{}\u2028😀"
			made := s.acceptOne(t, func(m *models.Message) { m.Content = text })
			require.Equal(t, text, s.message(t, made.ID).Content)
		}},
		{"an id that is stored already is a conflict and changes nothing", func(t *testing.T, s *scene) {
			made := s.accept(t, 1)[0]
			again := made
			again.Content = "something else"
			require.Equal(t, models.KindConflict, models.KindOf(s.store.Accept(t.Context(), again)))
			require.Equal(t, made.Content, s.message(t, made.ID).Content)
			s.requireCounts(t, models.Counts{models.StatusPending: 1})
		}},
		{"many are accepted all or none", func(t *testing.T, s *scene) {
			first := s.accept(t, 1)
			batch := append(s.messages(3), first[0])
			batch = append(batch, s.messages(3)...)
			require.Equal(t, models.KindConflict, models.KindOf(s.store.Accept(t.Context(), batch...)))
			for _, message := range append(batch[:3:3], batch[4:]...) {
				_, err := s.store.Message(t.Context(), message.ID.Text)
				require.Equal(t, models.KindNotFound, models.KindOf(err), "one of a refused batch was stored")
			}
			s.requireCounts(t, models.Counts{models.StatusPending: 1})
		}},
		{"an id twice in one call is a conflict", func(t *testing.T, s *scene) {
			batch := s.messages(2)
			batch[1].ID = batch[0].ID
			require.Equal(t, models.KindConflict, models.KindOf(s.store.Accept(t.Context(), batch...)))
			s.requireCounts(t, models.Counts{})
		}},
		{"nothing is accepted without complaint", func(t *testing.T, s *scene) {
			require.NoError(t, s.store.Accept(t.Context()))
			s.requireCounts(t, models.Counts{})
		}},
	}
}
