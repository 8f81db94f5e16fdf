package sqlitestore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// walkedAtOnce is how many records a batch has.
const walkedAtOnce = 1000

const (
	walkMessages = `SELECT ` + messageColumns + `, attempts, drawn, claim_id, claim_owner, claim_lease_ms, claim_at,
		object_id, extra, ` + toAdopt + `, seq FROM messages WHERE seq > ? ORDER BY seq LIMIT ?`
	walkLogs = `SELECT id, action, start_id, timestamp, created_at, actor, replica, reason,
		object_id, start_object_id, extra, rowid FROM scheduler_logs WHERE rowid > ? ORDER BY rowid LIMIT ?`
	walkReservations = `SELECT key, fingerprint, message_id, at FROM reservations WHERE key > ? ORDER BY key LIMIT ?`
	readEnvironment  = `SELECT environment_interval_ms, environment_per_window FROM scheduler WHERE id = 1`
)

// Walk hands over every record of a collection, in the order of storing; reservations
// in that of their keys.
func (a *Archive) Walk(
	ctx context.Context, collection dataoperations.Collection, each func(dataoperations.ArchivedBatch) error,
) error {
	statement, last := walkMessages, any(int64(-1<<63))
	switch collection {
	case dataoperations.CollectionMessages:
	case dataoperations.CollectionLogs:
		statement = walkLogs
	case dataoperations.CollectionReservations:
		statement, last = walkReservations, ""
	default:
		return errors.New("walk: there is no collection " + string(collection))
	}
	for {
		var batch dataoperations.ArchivedBatch
		err := a.read(ctx, "read "+string(collection), statement, func(values row) error {
			switch collection {
			case dataoperations.CollectionMessages:
				batch.Messages = append(batch.Messages, toArchived(values))
				last = values[len(values)-1]
			case dataoperations.CollectionLogs:
				batch.Logs = append(batch.Logs, toArchivedLog(values))
				last = values[len(values)-1]
			case dataoperations.CollectionReservations:
				batch.Reservations = append(batch.Reservations, models.Reservation{
					Key: asText(values[0]), Fingerprint: asText(values[1]), MessageID: asText(values[2]), At: asTime(values[3]),
				})
				last = values[0]
			}
			return nil
		}, last, walkedAtOnce)
		if err != nil || batch.Len() == 0 {
			return err
		}
		if err := each(batch); err != nil {
			return err
		}
	}
}

// toArchived reads a row of walkMessages.
func toArchived(values row) dataoperations.ArchivedMessage {
	message := toMessage(values)
	rest := values[len(values)-10:]
	message.Attempts = attempts(asText(rest[0]))
	message.ID.ObjectID = asInt(rest[6]) != 0
	waitsForAdoption := asInt(rest[8]) != 0
	drawn, isNumber := rest[1].(int64)
	archived := dataoperations.ArchivedMessage{
		Message:   message,
		Inspected: isNumber && !waitsForAdoption,
		Drawn:     drawn == 1,
		Claim: dataoperations.ArchivedClaim{
			ID: asText(rest[2]), Owner: asText(rest[3]),
			Lease: time.Duration(asInt(rest[4])) * time.Millisecond, At: asTime(rest[5]),
		},
		Extra: asText(rest[7]),
	}
	if waitsForAdoption {
		// Whatever adopting would refuse must not become something that it takes.
		archived.Problems = problems(values)
	}
	return archived
}

// problems tells what adopting would find wrong with the types of a message.
func problems(values row) []string {
	// The columns of messageColumns as findToAdopt has them.
	as := row{values[0], values[1], values[2], values[5], values[4], nil, values[7], values[18], values[20], values[19], values[15], values[3], int64(0)}
	found := examine(as, func(string, string) (models.Inspected, error) { return models.Inspected{}, nil })
	if found.invalid == nil {
		return nil
	}
	return []string{found.invalid.Error()}
}

// toArchivedLog reads a row of walkLogs.
func toArchivedLog(values row) dataoperations.ArchivedLog {
	return dataoperations.ArchivedLog{
		SchedulerLog: models.SchedulerLog{
			ID: asText(values[0]), Action: models.Action(asText(values[1])), StartID: asText(values[2]),
			Timestamp: asTime(values[3]), CreatedAt: asTime(values[4]),
			Actor: asText(values[5]), Replica: asText(values[6]), Reason: asText(values[7]),
		},
		ObjectID: asInt(values[8]) != 0, StartObjectID: asInt(values[9]) != 0, Extra: asText(values[10]),
	}
}

// Twins returns none: two messages cannot share an id here.
func (a *Archive) Twins(context.Context, []dataoperations.ArchivedMessage) ([]models.ID, error) {
	return nil, nil
}

// Pacing returns the scheduler's record.
func (a *Archive) Pacing(ctx context.Context) (dataoperations.ArchivedScheduler, error) {
	var pacing dataoperations.ArchivedScheduler
	read := func(ctx context.Context, text string, each func(row) error, args ...any) error {
		return a.read(ctx, "read the scheduler", text, each, args...)
	}
	state, err := schedulerBy(ctx, read)
	if err != nil {
		return pacing, err
	}
	pacing.Scheduler = state
	err = read(ctx, readEnvironment, func(values row) error {
		if isSet(values[0]) && isSet(values[1]) {
			pacing.Environment = &models.Pace{
				Interval: time.Duration(asInt(values[0])) * time.Millisecond, PerWindow: int(asInt(values[1])),
			}
		}
		return nil
	})
	if err != nil {
		return pacing, fmt.Errorf("read the pace of the environment: %w", err)
	}
	return pacing, nil
}

func isSet(value driver.Value) bool { return value != nil }
