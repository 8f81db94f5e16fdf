package mongodb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
)

// ErrNotPrimary says that a server answered, but that it cannot be written to.
var ErrNotPrimary = errors.New("the server is not a primary")

// Topology is how a deployment is built, which decides what it can do.
type Topology string

// The three topologies.
const (
	Standalone Topology = "standalone"
	ReplicaSet Topology = "replica set"
	Sharded    Topology = "sharded cluster"
)

// Server is what a server says of itself.
type Server struct {
	Topology   Topology
	ReplicaSet string // its name, empty for other topologies
	// LocalTime is the server's clock when it answered, in milliseconds.
	LocalTime time.Time
}

// RetriesWrites reports whether the driver repeats a write whose reply was lost
// without its taking effect twice; and whether there are transactions, which need
// the same things of a server.
func (s Server) RetriesWrites() bool { return s.Topology != Standalone }

// Hello asks the server that writes go to who it is; ErrNotPrimary when it cannot
// be written to, as a secondary that was connected to directly. The answer is that
// of the server itself: nothing is taken from what the driver remembers.
// Source: MongoDB manual, "hello (database command)".
func Hello(ctx context.Context, database *mongo.Database) (Server, error) {
	var answer struct {
		IsWritablePrimary bool      `bson:"isWritablePrimary"`
		SetName           string    `bson:"setName"`
		Msg               string    `bson:"msg"` // "isdbgrid": a mongos
		LocalTime         time.Time `bson:"localTime"`
	}
	command := bson.D{{Key: "hello", Value: 1}}
	primary := options.RunCmd().SetReadPreference(readpref.Primary())
	if err := database.RunCommand(ctx, command, primary).Decode(&answer); err != nil {
		return Server{}, fmt.Errorf("hello: %w", err)
	}
	if !answer.IsWritablePrimary {
		return Server{}, ErrNotPrimary
	}
	server := Server{Topology: Standalone, ReplicaSet: answer.SetName, LocalTime: answer.LocalTime.UTC()}
	switch {
	case answer.Msg == "isdbgrid":
		server.Topology = Sharded
	case answer.SetName != "":
		server.Topology = ReplicaSet
	}
	return server, nil
}
