package mongostore

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
	"go.mongodb.org/mongo-driver/v2/mongo"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
	"auto-message-sender/pkg/mongodb"
)

// Names of the collections, as in the reference; the last three are ours.
const (
	messagesName     = "messages"
	logsName         = "scheduler_logs"
	schedulerName    = "scheduler"
	reservationsName = "reservations"
	replicasName     = "replicas"
)

// What Options are where they say nothing.
const (
	defaultBatchSize  = 500
	defaultTimeout    = mongodb.DefaultTimeout
	defaultCountsAge  = 4 * time.Second // and the count itself may take a second
	defaultClockEvery = 30 * time.Second
)

// Options say what a Store works with. Database, Now and NewID are required.
type Options struct {
	// Database has write concern majority with journal and read concern majority,
	// as pkg/mongodb connects. Its client is the caller's to close, after Close.
	Database *mongo.Database
	Now      func() time.Time
	NewID    func() string // of claims; never the same twice

	Log logrus.FieldLogger // nil: nothing is logged
	// BatchSize is how many changes one command carries at most.
	BatchSize int
	// Timeout bounds what is carried on after the caller has given up: a claim
	// that was begun, the reading back of a change whose reply was lost.
	Timeout time.Duration
	// CountsAge is how long a count is answered again after it was made: that of
	// Counts, and that of the latest minutes of Activity.
	CountsAge time.Duration
	// ClockEvery is how often the server's clock is compared with this machine's.
	ClockEvery time.Duration
	// ServerTime asks for the server's time; nil: hello.localTime.
	ServerTime func(ctx context.Context) (time.Time, error)
}

// Store is a dataoperations.Store in MongoDB.
type Store struct {
	database     *mongo.Database
	messages     *mongo.Collection
	logs         *mongo.Collection
	scheduler    *mongo.Collection
	reservations *mongo.Collection
	replicas     *mongo.Collection

	newID        func() string
	log          logrus.FieldLogger
	batch        int
	timeout      time.Duration
	transactions bool

	clock    *clock
	counts   *counter[models.Counts]
	activity *activity
	crowd    crowding
	// erasedUpTo is where Prune goes on erasing.
	erasedUpTo erasedUpTo
	// environment is the pace last given to Configure; nil before.
	environment atomic.Pointer[pace]
	// audited is the _id of the latest audit entry known to be in scheduler_logs.
	audited atomic.Value

	stop       context.CancelFunc // ends the background work
	background sync.WaitGroup
}

var _ dataoperations.Store = (*Store)(nil)

// Open makes the indexes and the scheduler's document where they are missing, and
// compares the clocks. It may be called again and again until it succeeds; with
// an index to build on a large collection it takes as long as that takes, so give
// it a context without a short deadline. KindUnavailable while the database is away.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Database == nil || o.Now == nil || o.NewID == nil {
		return nil, errors.New("mongostore: Options need Database, Now and NewID")
	}
	s := newStore(o)
	server, err := mongodb.Hello(ctx, o.Database)
	if err != nil {
		return nil, explain("open", err)
	}
	s.transactions = server.RetriesWrites()
	if !s.transactions {
		s.log.Warn("MongoDB is a standalone server: without transactions and retried writes; use a replica set in production")
	}
	if err := s.clock.measure(ctx); err != nil {
		return nil, explain("compare the clocks", err)
	}
	if err := s.refuseUnfinished(ctx); err != nil {
		return nil, err
	}
	if err := s.makeIndexes(ctx); err != nil {
		return nil, err
	}
	if err := s.makeScheduler(ctx); err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.counts.running, s.activity.recent.running = running, running
	s.background.Go(func() { s.clock.follow(running, o.ClockEvery) })
	return s, nil
}

// newStore returns a store that has not yet spoken to its database.
func newStore(o Options) *Store {
	if o.Log == nil {
		silent := logrus.New()
		silent.SetOutput(io.Discard)
		o.Log = silent
	}
	if o.ServerTime == nil {
		o.ServerTime = func(ctx context.Context) (time.Time, error) {
			server, err := mongodb.Hello(ctx, o.Database)
			return server.LocalTime, err //nolint:wrapcheck // explained where it is called
		}
	}
	s := &Store{
		database:     o.Database,
		messages:     o.Database.Collection(messagesName),
		logs:         o.Database.Collection(logsName),
		scheduler:    o.Database.Collection(schedulerName),
		reservations: o.Database.Collection(reservationsName),
		replicas:     o.Database.Collection(replicasName),
		newID:        o.NewID,
		log:          o.Log,
		batch:        orDefault(o.BatchSize, defaultBatchSize),
		timeout:      orDefault(o.Timeout, defaultTimeout),
	}
	s.clock = &clock{now: o.Now, server: o.ServerTime, log: o.Log, timeout: s.timeout}
	age := orDefault(o.CountsAge, defaultCountsAge)
	s.counts = newCounter(s.count, maps.Clone[models.Counts], age)
	s.activity = newActivity(newCounter(s.countRecent, slices.Clone[[]models.Minute], age))
	return s
}

func orDefault[N int | time.Duration](value, standard N) N {
	if value <= 0 {
		return standard
	}
	return value
}

// Now returns the server's time, as last compared.
func (s *Store) Now() time.Time { return s.clock.Now() }

// Ping reports whether the database has a primary that answers and holds the
// scheduler's document. The second question goes through a mongos to the shard.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if _, err := mongodb.Hello(ctx, s.database); err != nil {
		return explain("ping", err)
	}
	_, err := s.readScheduler(ctx)
	return err
}

// Close ends the work in the background. The client of the database is closed by
// whoever made it, which waits for the operations that are under way.
func (s *Store) Close() error {
	s.stop()
	s.counts.close()
	s.activity.recent.close()
	s.background.Wait()
	return nil
}

// carryOn returns a context for what must not be left half done when the caller
// gives up: it keeps ctx's values, and ends after the store's timeout.
func (s *Store) carryOn(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
}

// inTime returns a time as the store keeps it: UTC, in milliseconds.
func inTime(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }

// The store says so where it changes a status on its own account.
const (
	scheduled = string(models.StatusScheduled)
	pending   = string(models.StatusPending)
	sending   = string(models.StatusSending)
	sent      = string(models.StatusSent)
	failed    = string(models.StatusFailed)
	canceled  = string(models.StatusCanceled)
	expired   = string(models.StatusExpired)
)
