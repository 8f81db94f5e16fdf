package models_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

func TestHold_OnlyTheStopsOfABackupOrAMigrationHold(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	require.True(t, models.Hold("id", models.ActorBackup, "x", at).Holds())
	require.True(t, models.Hold("id", models.ActorMigrate, "x", at).Holds())
	for name, entry := range map[string]models.SchedulerLog{
		"nothing":                  {},
		"a person's stop":          {Action: models.ActionStop, Actor: "ops", Replica: "r"},
		"an API key called backup": {Action: models.ActionStop, Actor: models.ActorBackup, Replica: "r"},
		"a start":                  {Action: models.ActionStart, Actor: models.ActorMigrate},
	} {
		require.False(t, entry.Holds(), name)
	}
}

func TestHold_IsTheLatestWhateverTheClockSays(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		state models.Scheduler
		want  time.Time
	}{
		"never run":            {models.Scheduler{}, at},
		"started before":       {models.Scheduler{StartedAt: at.Add(-time.Hour)}, at},
		"started at once":      {models.Scheduler{StartedAt: at}, at.Add(time.Millisecond)},
		"stopped by its clock": {models.Scheduler{StartedAt: at, StoppedAt: at.Add(time.Hour)}, at.Add(time.Hour + time.Millisecond)},
	} {
		entry := models.Hold("id", models.ActorBackup, "x", at).Latest(test.state)
		require.Equal(t, test.want, entry.Timestamp, name)
		require.Equal(t, entry.Timestamp, entry.CreatedAt, name)
	}
}
