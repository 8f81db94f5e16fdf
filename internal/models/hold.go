package models

import "time"

// Actors of the audit trail that stop the scheduler of a store which may hold
// messages that were sent since, from another one.
const (
	ActorBackup  = "backup"  // in the copy that a backup is
	ActorMigrate = "migrate" // in a store that was filled from another, and in that other
)

// Hold returns the entry of a stop that only a person ends: see Holds.
func Hold(id, actor, reason string, at time.Time) SchedulerLog {
	return SchedulerLog{ID: id, Action: ActionStop, Timestamp: at, CreatedAt: at, Actor: actor, Reason: reason}
}

// Holds reports whether the entry is such a stop. While it is the latest start or
// stop of the audit trail, nothing but a person starts the scheduler. An API key may
// be called backup, too: but what is done with a key is done at a replica.
func (e SchedulerLog) Holds() bool {
	return e.Action == ActionStop && e.Replica == "" && (e.Actor == ActorBackup || e.Actor == ActorMigrate)
}

// Latest returns the entry with a time after the start and the stop that the state
// tells of, whatever the clock said: it is to be the latest of the audit trail.
func (e SchedulerLog) Latest(state Scheduler) SchedulerLog {
	for _, known := range []time.Time{state.StartedAt, state.StoppedAt} {
		if !e.Timestamp.After(known) {
			e.Timestamp = known.Add(time.Millisecond)
			e.CreatedAt = e.Timestamp
		}
	}
	return e
}
