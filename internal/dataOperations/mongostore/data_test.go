package mongostore_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/mongostore"
	"auto-message-sender/internal/dataOperations/storetest"
	"auto-message-sender/internal/models"
	"auto-message-sender/pkg/mongodb"
)

// countsAge keeps the tests that look at Counts from waiting for seconds.
const countsAge = 20 * time.Millisecond

// batchSize is what the stand-in can take: more than about a hundred updates in
// one command wedge it.
const batchSize = 20

// data is one database on the server, dropped when its test ends.
type data struct {
	uri      string
	database *mongo.Database // for what is done by hand
}

var _ storetest.Data = (*data)(nil)

// newData returns a new, empty database.
func newData(t *testing.T) *data {
	t.Helper()
	uri := serverURI(t)
	// A name that is free, and short: the stand-in allows 63 bytes.
	name := "mongostore_" + uuid.NewString()[:18]
	d := &data{uri: uri, database: connect(t, uri, name)}
	t.Cleanup(func() {
		require.NoError(t, d.database.Drop(context.WithoutCancel(t.Context())))
	})
	return d
}

// connect connects to a database; the connection ends with the test.
func connect(t *testing.T, uri, name string) *mongo.Database {
	t.Helper()
	client, err := mongodb.Connect(t.Context(), mongodb.Options{URI: uri, Database: name})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close(context.WithoutCancel(t.Context()))) })
	return client.Database()
}

// options returns the options for a store on a database.
func options(database *mongo.Database, now func() time.Time) mongostore.Options {
	return mongostore.Options{
		Database:  database,
		Now:       now,
		NewID:     uuid.NewString,
		BatchSize: batchSize,
		CountsAge: countsAge,
		// The server's clock is the test's.
		ServerTime: func(context.Context) (time.Time, error) { return now(), nil },
	}
}

// Open opens one more store, on a connection of its own.
func (d *data) Open(t *testing.T, now func() time.Time) dataoperations.Store {
	t.Helper()
	return d.open(t, options(connect(t, d.uri, d.database.Name()), now))
}

// open opens a store and closes it when the test ends.
func (d *data) open(t *testing.T, o mongostore.Options) *mongostore.Store {
	t.Helper()
	store, err := mongostore.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// InsertByHand inserts a document beside the store.
func (d *data) InsertByHand(t *testing.T, fields map[string]any) {
	t.Helper()
	_, err := d.database.Collection("messages").InsertOne(t.Context(), document(t, fields))
	if onStandIn() && mongo.IsDuplicateKeyError(err) {
		t.Skip("the stand-in takes an ObjectID and a string of the same digits for one _id; MongoDB does not")
	}
	require.NoError(t, err)
}

// UpdateByHand sets fields beside the store.
func (d *data) UpdateByHand(t *testing.T, id string, fields map[string]any) {
	t.Helper()
	result, err := d.database.Collection("messages").UpdateByID(t.Context(), id, bson.M{"$set": document(t, fields)})
	require.NoError(t, err)
	require.EqualValues(t, 1, result.MatchedCount)
}

// SetPaceByHand sets the pace beside Configure.
func (d *data) SetPaceByHand(t *testing.T, pace models.Pace) {
	t.Helper()
	result, err := d.database.Collection("scheduler").UpdateByID(t.Context(), "scheduler", bson.M{"$set": bson.M{
		"interval": pace.Interval.Milliseconds(), "per_window": pace.PerWindow,
	}})
	require.NoError(t, err)
	require.EqualValues(t, 1, result.MatchedCount)
}

// Env tells a process where the data is.
func (d *data) Env() []string {
	return []string{serverName + "=" + d.uri, databaseName + "=" + d.database.Name()}
}

// document turns fields into a document.
func document(t *testing.T, fields map[string]any) bson.M {
	t.Helper()
	made := bson.M{}
	for name, value := range fields {
		if digits, ok := value.(storetest.ObjectID); ok {
			objectID, err := bson.ObjectIDFromHex(string(digits))
			require.NoError(t, err)
			value = objectID
		}
		made[name] = value
	}
	return made
}

// openFromEnvironment opens the store of a claimer process, on the real clock.
func openFromEnvironment(ctx context.Context) (dataoperations.Store, error) {
	client, err := mongodb.Connect(ctx, mongodb.Options{URI: os.Getenv(serverName), Database: os.Getenv(databaseName)})
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	now := time.Now //nolint:forbidigo // the one clock that processes share
	store, err := mongostore.Open(ctx, options(client.Database(), now))
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return store, nil
}
