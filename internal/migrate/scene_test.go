package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/mongostore"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/e2e/program"
	"auto-message-sender/internal/migrate"
	"auto-message-sender/internal/models"
	"auto-message-sender/pkg/mongodb"
)

// noon is when everything happens, but for what moves.
func noon() time.Time { return time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC) }

func quiet() logrus.FieldLogger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return log
}

// embedded opens the store in a directory as an archive.
func embedded(t *testing.T, dir string) *sqlitestore.Archive {
	t.Helper()
	archive, err := sqlitestore.OpenArchive(t.Context(), sqlitestore.Options{Dir: dir, Now: noon, NewID: uuid.NewString, Log: quiet()}, true)
	require.NoError(t, err)
	t.Cleanup(sync.OnceFunc(func() { _ = archive.Close() }))
	return archive
}

// inMongoDB opens a new database as an archive.
func inMongoDB(t *testing.T) *mongostore.Archive {
	t.Helper()
	client, err := mongodb.Connect(t.Context(), mongodb.Options{URI: program.MongoDB(t), Database: "migrate_" + uuid.NewString()[:18]})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, client.Database().Drop(context.WithoutCancel(t.Context())))
		require.NoError(t, client.Close(context.WithoutCancel(t.Context())))
	})
	archive, err := mongostore.OpenArchive(t.Context(), mongostore.Options{
		Database: client.Database(), Now: noon, NewID: uuid.NewString, BatchSize: 20,
		ServerTime: func(context.Context) (time.Time, error) { return noon(), nil },
	})
	require.NoError(t, err)
	return archive
}

// fill puts n messages into a new store, of kinds and statuses that differ, and keys of
// requests, and a pace.
func fill(t *testing.T, to dataoperations.Archive, n int) {
	t.Helper()
	statuses := models.Statuses()
	batch := dataoperations.ArchivedBatch{}
	for i := range n {
		m := dataoperations.ArchivedMessage{Inspected: true}
		m.ID = models.ID{Text: fmt.Sprintf("%024x", i), ObjectID: i%5 == 0}
		m.To, m.Content, m.Status = "+905551111111", fmt.Sprintf("text %d ş", i), statuses[i%len(statuses)]
		m.CreatedAt, m.UpdatedAt, m.Priority = noon().Add(-time.Hour), noon().Add(-time.Minute), models.Priority(i%3)
		m.AttemptCount, m.RetryCount = i%4, i%3
		switch m.Status {
		case models.StatusScheduled, models.StatusPending:
			m.NextAttemptAt, m.Drawn = noon().Add(time.Hour), i%2 == 0
		case models.StatusSending:
			m.Drawn = true
			m.Claim = dataoperations.ArchivedClaim{ID: uuid.NewString(), Owner: "gone", Lease: time.Minute, At: noon().Add(-time.Hour)}
		case models.StatusSent:
			m.SentAt, m.MessageID = noon().Add(-time.Minute), fmt.Sprint("provider-", i)
			m.Delivery = models.Delivery{Status: models.DeliveryDelivered, At: noon()}
		case models.StatusFailed:
			m.FailedAt, m.Error, m.ErrorCode = noon(), "400", "http_400"
		case models.StatusCanceled, models.StatusExpired:
		}
		for number := range i % 4 {
			m.Attempts = append(m.Attempts, models.Attempt{
				Number: number + 1, StartedAt: noon().Add(-time.Hour), Duration: time.Second, StatusCode: 503, Error: "503", Replica: "gone",
			})
		}
		if i%10 == 0 {
			m.Extra = fmt.Sprintf(`{"campaign":"c%d","n":{"$numberLong":"%d"}}`, i, i)
		}
		batch.Messages = append(batch.Messages, m)
	}
	batch.Logs = []dataoperations.ArchivedLog{{SchedulerLog: models.SchedulerLog{
		ID: "68a795179072a717e6a17f37", Action: models.ActionStart, Timestamp: noon(), CreatedAt: noon(), Actor: "ops", Replica: "gone", Reason: "x",
	}, ObjectID: true}}
	batch.Reservations = []models.Reservation{{Key: "alice:k", Fingerprint: "f", MessageID: "m", At: noon()}}
	require.NoError(t, to.Load(t.Context(), batch))
	require.NoError(t, to.LoadPacing(t.Context(), dataoperations.ArchivedScheduler{
		Scheduler:   models.Scheduler{StartID: "s", StartedAt: noon(), Pace: models.Pace{Interval: time.Minute, PerWindow: 3}, WindowSeq: 9},
		Environment: &models.Pace{Interval: time.Hour, PerWindow: 2},
	}))
}

// options are those of a migration between the two.
func options(from, to dataoperations.Archive) migrate.Options {
	_, embedded := to.(*sqlitestore.Archive)
	return migrate.Options{
		From: from, To: to, FromName: "the source", ToName: "the target", OneIDType: embedded, InFlight: 1,
		Now: noon, NewID: uuid.NewString,
	}
}

// errLost is the error of a store that goes away.
var errLost = errors.New("the store is gone")

// failing is an archive that is lost at one of the calls that change it, before or
// after the change.
type failing struct {
	dataoperations.Archive

	at    int // which call, from 1; 0: none
	after bool
	calls int
}

func (f *failing) change(do func() error) error {
	f.calls++
	if f.calls != f.at {
		return do()
	}
	if f.after {
		if err := do(); err != nil {
			return err
		}
	}
	return errLost
}

func (f *failing) Begin(ctx context.Context, m dataoperations.Migration) error {
	return f.change(func() error { return f.Archive.Begin(ctx, m) })
}

func (f *failing) Load(ctx context.Context, b dataoperations.ArchivedBatch) error {
	return f.change(func() error { return f.Archive.Load(ctx, b) })
}

func (f *failing) LoadPacing(ctx context.Context, p dataoperations.ArchivedScheduler) error {
	return f.change(func() error { return f.Archive.LoadPacing(ctx, p) })
}

func (f *failing) Hold(ctx context.Context, e models.SchedulerLog) error {
	return f.change(func() error { return f.Archive.Hold(ctx, e) })
}

func (f *failing) Complete(ctx context.Context, at time.Time) error {
	return f.change(func() error { return f.Archive.Complete(ctx, at) })
}
