package handlers_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
)

func TestNewMessages_NeedsItsOptions(t *testing.T) {
	t.Parallel()
	_, err := handlers.NewMessages(handlers.MessagesOptions{})
	require.ErrorContains(t, err, "needs Store, Intake, Wake")
	_, err = handlers.NewScheduler(handlers.SchedulerOptions{})
	require.ErrorContains(t, err, "needs Control, Trail, Counter, Webhook and Replica")
	_, err = handlers.NewOperations(handlers.OperationsOptions{})
	require.ErrorContains(t, err, "needs Lists, Changes, Message, Trail")
	_, err = handlers.NewPreview(nil)
	require.ErrorContains(t, err, "needs inspect")
	_, err = handlers.NewStatistics(handlers.StatsOptions{})
	require.ErrorContains(t, err, "needs Store, Pace, Webhook, Reports")
	_, err = handlers.NewDeliveryReports(handlers.DeliveryReportsOptions{})
	require.ErrorContains(t, err, "needs Changes, Lists and Now")
	_, err = handlers.NewProbes(handlers.ProbesOptions{})
	require.ErrorContains(t, err, "needs Now and Log")
	_, err = handlers.NewDocumentation(nil, nil)
	require.ErrorContains(t, err, "needs both documents")
}
