package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// trail is an audit trail, newest first.
type trail struct {
	dataoperations.Trail

	entries []models.SchedulerLog
	reads   int
}

func (f *trail) SchedulerLogs(_ context.Context, offset, limit int64) ([]models.SchedulerLog, int64, error) {
	f.reads++
	total := int64(len(f.entries))
	return f.entries[min(offset, total):min(offset+limit, total)], total, nil
}

func TestLatestSwitch_IsFoundBehindAnyNumberOfOtherEntries(t *testing.T) {
	t.Parallel()
	hold := models.Hold("h", models.ActorBackup, "x", time.Time{})
	start := models.SchedulerLog{ID: "s", Action: models.ActionStart, Replica: "r"}
	others := make([]models.SchedulerLog, 3*logsAtOnce)
	for i := range others {
		others[i].Action = models.ActionErase
	}
	for name, test := range map[string]struct {
		entries []models.SchedulerLog
		held    bool
		reads   int
	}{
		"nothing":                 {nil, false, 1},
		"others only":             {others, false, 3},
		"held":                    {[]models.SchedulerLog{hold, start}, true, 1},
		"started since":           {[]models.SchedulerLog{start, hold}, false, 1},
		"held, and others since":  {append(append([]models.SchedulerLog{}, others...), hold, start), true, 4},
		"a pace is no start":      {[]models.SchedulerLog{{Action: models.ActionPace}, hold}, true, 1},
		"stopped by a person now": {[]models.SchedulerLog{{Action: models.ActionStop, Replica: "r"}, hold}, false, 1},
	} {
		known := &trail{entries: test.entries}
		latest, err := latestSwitch(t.Context(), known)
		require.NoError(t, err)
		require.Equal(t, test.held, latest.Holds(), name)
		require.Equal(t, test.reads, known.reads, name)
	}
}
