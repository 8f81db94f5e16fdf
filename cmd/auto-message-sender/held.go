package main

import (
	"context"

	"github.com/sirupsen/logrus"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// logsAtOnce is how many entries of the audit trail are read at once to find the
// latest start or stop.
const logsAtOnce = 100

// held reports whether nothing but a person may start the scheduler, and says so: the
// store was restored from a backup, or is one side of a migration, and what waits in it
// may have been sent since. See models.Hold.
func (s *service) held(ctx context.Context, trail dataoperations.Trail) (bool, error) {
	latest, err := latestSwitch(ctx, trail)
	if err != nil || !latest.Holds() {
		return false, err
	}
	s.log.WithFields(logrus.Fields{
		"actor": latest.Actor, "reason": latest.Reason, "stopped_at": latest.Timestamp, "autostart": s.cfg.SchedulerAutostart,
	}).Warn("THE SCHEDULER STAYS STOPPED, whatever SCHEDULER_AUTOSTART says: this store was restored from a backup, or moved, " +
		"and messages that wait in it may have been sent since. Look at them, then start it: POST /api/v1/scheduler/start")
	return true, nil
}

// latestSwitch returns the latest start or stop; the zero value where there was none.
func latestSwitch(ctx context.Context, trail dataoperations.Trail) (models.SchedulerLog, error) {
	for offset := int64(0); ; offset += logsAtOnce {
		entries, total, err := trail.SchedulerLogs(ctx, offset, logsAtOnce)
		if err != nil {
			return models.SchedulerLog{}, err //nolint:wrapcheck // it says what failed
		}
		for _, entry := range entries {
			if entry.Action == models.ActionStart || entry.Action == models.ActionStop {
				return entry, nil
			}
		}
		if len(entries) == 0 || offset+logsAtOnce >= total {
			return models.SchedulerLog{}, nil
		}
	}
}
