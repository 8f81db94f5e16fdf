package mongostore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
	"auto-message-sender/pkg/mongodb"
)

// migrationName is the collection with the note of the migration that has filled the
// database: one document, {_id: "migration", id, source, fingerprint, begun_at,
// completed_at}.
const (
	migrationName = "migration"
	migrationID   = "migration"
)

// archivePatience bounds one question about all messages: where there is no index yet,
// it takes as long as reading them. The database's own time limit is for operations of
// another size.
const archivePatience = time.Hour

// Archive is the store in a database as dataoperations.Archive. Nothing can lock a
// database, so what is read twice is compared by who reads it.
type Archive struct{ store *Store }

var _ dataoperations.Archive = (*Archive)(nil)

// OpenArchive compares the clocks, and changes nothing. There is nothing to close but
// the client of the database, which is the caller's.
func OpenArchive(ctx context.Context, o Options) (*Archive, error) {
	if o.Database == nil || o.Now == nil || o.NewID == nil {
		return nil, errors.New("mongostore: Options need Database, Now and NewID")
	}
	s := newStore(o)
	if _, err := mongodb.Hello(ctx, o.Database); err != nil {
		return nil, explain("open", err)
	}
	if err := s.clock.measure(ctx); err != nil {
		return nil, explain("compare the clocks", err)
	}
	return &Archive{s}, nil
}

// Quiet returns nil when no replica was seen lately, the scheduler is stopped, and no
// lease runs.
func (a *Archive) Quiet(ctx context.Context) error {
	replicas, err := a.store.Replicas(ctx)
	if err != nil {
		return err
	}
	var live []string
	for _, replica := range replicas {
		if replica.Live(a.store.Now()) {
			live = append(live, fmt.Sprintf("%s (seen %s ago)", replica.ID, a.store.Now().Sub(replica.SeenAt).Truncate(time.Second)))
		}
	}
	if len(live) > 0 {
		return conflict(fmt.Sprintf("the database %s is served by %s: end every replica; one that was killed is forgotten after %s",
			a.store.database.Name(), strings.Join(live, ", "), models.ReplicaGoneAfter))
	}
	pacing, err := a.Pacing(ctx)
	if err != nil {
		return err
	}
	if pacing.Running {
		return conflict("the scheduler of the database " + a.store.database.Name() + " is not stopped: " +
			"start the service, stop it with `auto-message-sender scheduler stop`, and end it; or say --stop-source")
	}
	return a.noLease(ctx)
}

// noLease returns nil when no lease runs.
func (a *Archive) noLease(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, archivePatience)
	defer cancel()
	cursor, err := a.store.messages.Find(ctx, bson.M{"status": sending}, options.Find().SetProjection(bson.M{"claim": 1}))
	if err != nil {
		return explain("look for claims", err)
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }()
	live, until := 0, time.Time{}
	for cursor.Next(ctx) {
		claim, at := decodeClaim(cursor.Current)
		end := at.Add(claim.Lease)
		if end.After(a.store.Now()) {
			live++
		}
		if end.After(until) {
			until = end
		}
	}
	if err := cursor.Err(); err != nil || live == 0 {
		return explain("look for claims", err)
	}
	return conflict(fmt.Sprintf("%d messages in the database %s are claimed by a replica that ended without giving them back: "+
		"wait until %s, when the last of these leases is over", live, a.store.database.Name(), until.Format(time.RFC3339)))
}

// Pacing returns the scheduler's record; where there is none, one that says nothing.
func (a *Archive) Pacing(ctx context.Context) (dataoperations.ArchivedScheduler, error) {
	r, err := a.record(ctx)
	if err != nil {
		return dataoperations.ArchivedScheduler{}, err
	}
	pacing := dataoperations.ArchivedScheduler{Scheduler: r.state()}
	if r.Configured != nil {
		pacing.Environment = &models.Pace{
			Interval: time.Duration(r.Configured.Interval) * time.Millisecond, PerWindow: r.Configured.PerWindow,
		}
	}
	return pacing, nil
}

// record reads the scheduler's document, and makes none.
func (a *Archive) record(ctx context.Context) (record, error) {
	r, err := decodeRecord(a.store.scheduler.FindOne(ctx, bson.M{"_id": schedulerID}))
	if errors.Is(err, mongo.ErrNoDocuments) {
		return record{}, nil
	}
	return r, explain("read the scheduler's document", err)
}

// Migration returns the migration that the database is the target of.
func (a *Archive) Migration(ctx context.Context) (dataoperations.Migration, error) {
	return a.store.migration(ctx)
}

func (s *Store) migration(ctx context.Context) (dataoperations.Migration, error) {
	document, err := s.database.Collection(migrationName).FindOne(ctx, bson.M{"_id": migrationID}).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return dataoperations.Migration{}, nil
	}
	if err != nil {
		return dataoperations.Migration{}, explain("look for a migration", err)
	}
	r := &reader{document: document}
	return dataoperations.Migration{
		ID: r.text("id"), Source: r.text("source"), Fingerprint: r.text("fingerprint"),
		BegunAt: r.moment("begun_at"), CompletedAt: r.moment("completed_at"),
	}, nil
}

// refuseUnfinished refuses a database that a migration has filled in part.
func (s *Store) refuseUnfinished(ctx context.Context) error {
	migration, err := s.migration(ctx)
	if err != nil {
		return err
	}
	return migration.Unfinished() //nolint:wrapcheck // it is for people to read
}
