package handlers_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

func TestNewMessages_NeedsItsOptions(t *testing.T) {
	t.Parallel()
	_, err := handlers.NewMessages(handlers.MessagesOptions{})
	require.ErrorContains(t, err, "needs Store, Wake, Now and NewID")
	_, err = handlers.NewScheduler(handlers.SchedulerOptions{})
	require.ErrorContains(t, err, "needs Control, Trail, Counter, Webhook and Replica")
	_, err = handlers.NewProbes(handlers.ProbesOptions{})
	require.ErrorContains(t, err, "needs Now and Log")
	_, err = handlers.NewDocumentation(nil, nil)
	require.ErrorContains(t, err, "needs both documents")
}

func TestAccept_StoresAMessageThatIsDueAtOnce(t *testing.T) {
	t.Parallel()
	var stored []models.Message
	messages := newMessages(t, &store{accept: func(messages []models.Message) error {
		stored = messages
		return nil
	}})
	answer, err := messages.Accept(t.Context(), handlers.AcceptRequest{To: "+90 555 123 45 67", Content: "x"})
	require.NoError(t, err)
	now := time.Date(2026, 1, 2, 12, 4, 5, 678_000_000, time.UTC)
	require.Equal(t, []models.Message{{
		ID: models.ID{Text: "m-1"}, To: "+905551234567", Content: "x", Status: models.StatusPending,
		Priority: models.PriorityNormal, CreatedAt: now, NextAttemptAt: now,
	}}, stored)
	require.Equal(t, "2026-01-02T12:04:05.678Z", answer.CreatedAt)
}

func TestAccept_WakesNobodyForAMessageThatIsNotStored(t *testing.T) {
	t.Parallel()
	woken := false
	messages, err := handlers.NewMessages(handlers.MessagesOptions{
		Store: &store{accept: func([]models.Message) error { return errors.New("disk full") }},
		Wake:  func() { woken = true }, NewID: func() string { return "m-1" }, Now: func() time.Time { return time.Time{} },
	})
	require.NoError(t, err)
	_, err = messages.Accept(t.Context(), handlers.AcceptRequest{To: "+905551234567", Content: "x"})
	require.ErrorContains(t, err, "disk full")
	require.False(t, woken)
}
