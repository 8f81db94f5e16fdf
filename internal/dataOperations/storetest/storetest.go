// Package storetest states the promises of dataoperations.Store as tests, one
// suite that every store passes: the same tests, the same promises.
//
// A store's own test package says how to make its data (Data) and calls Run. The
// files follow the way of a message: accept, adopt, promote, expire, claim, record,
// postpone, give back, rescue; then what people do to it: list, cancel, retry, erase;
// then the scheduler and the upkeep; then all of it at once, by many goroutines, by
// several processes, and by random sequences of operations that are compared with a
// model in memory after every step.
//
// Time stands still in these tests unless they move it (Clock). Only the tests
// with several processes use the real clock, Suite.Now, because processes can
// share no other.
package storetest

import (
	"testing"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// Suite says how a store is tested.
type Suite struct {
	// New makes new, empty data, for one test.
	New func(t *testing.T) Data
	// Now is the real clock, for the tests with several processes.
	Now func() time.Time
	// Messages is how many the concurrency tests send through the store.
	Messages int
	// ObjectIDs says that _id may be an ObjectID.
	ObjectIDs bool
	// CountsAge is how old, in real time, the answer of Counts may be.
	CountsAge time.Duration
	// Patience bounds one concurrency test; 0 means one minute.
	Patience time.Duration
	// Archive opens data that no store has open as an archive; end closes it.
	Archive func(t *testing.T, data Data, now func() time.Time) (archive dataoperations.Archive, end func())
	// Serial keeps the tests from running beside each other, for a slow database.
	Serial bool
}

// slow says that the database is, by what it is to be spared: then the model test, of
// ten seconds, does not run beside tests with time limits.
func (s Suite) slow() bool { return s.Messages < 1000 }

// Data is what stores are opened on: one database, or one file.
type Data interface {
	// Open opens one more store on the data, as one more replica does; its
	// Now must answer what now answers. It is closed when the test ends; the test
	// may have closed it before.
	Open(t *testing.T, now func() time.Time) dataoperations.Store

	// InsertByHand puts one message in beside the store, with the fields given
	// and no others, under their names in the reference: _id, to, content,
	// status, created_at, … Values are strings, numbers, times, bytes; an _id may
	// also be an ObjectID.
	InsertByHand(t *testing.T, fields map[string]any)

	// UpdateByHand sets fields of the message with this string id, likewise.
	UpdateByHand(t *testing.T, id string, fields map[string]any)

	// SetPaceByHand changes the scheduler's pace without Configure, as the API will.
	SetPaceByHand(t *testing.T, pace models.Pace)

	// Env is what the process of ClaimerMain needs in its environment, as
	// NAME=value, to open a store on this data.
	Env() []string
}

// ObjectID is an _id for InsertByHand that has the type ObjectID: 24 hex digits.
type ObjectID string

// test is one promise, as a sentence, and its proof.
type test struct {
	name  string
	proof func(s *scene)
}

// Run proves every promise; each test has data of its own.
func Run(t *testing.T, suite Suite) {
	t.Helper()
	if suite.Patience == 0 {
		suite.Patience = time.Minute
	}
	steps := []struct {
		name  string
		tests []test
	}{
		{"Accept", acceptTests()},
		{"AcceptLater", acceptLaterTests()},
		{"Reserve", reserveTests()},
		{"Read", readTests()},
		{"List", listTests()},
		{"Stats", statsTests()},
		{"Adopt", adoptTests()},
		{"Promote", promoteTests()},
		{"Expire", expireTests()},
		{"ClaimOrder", claimOrderTests()},
		{"ClaimJournal", claimJournalTests()},
		{"Windows", windowTests()},
		{"Record", recordTests()},
		{"RecordFence", recordFenceTests()},
		{"Postpone", postponeTests()},
		{"GiveBack", giveBackTests()},
		{"Rescue", rescueTests()},
		{"Cancel", cancelTests()},
		{"Retry", retryTests()},
		{"Erase", eraseTests()},
		{"Deliver", deliverTests()},
		{"Transitions", transitionTests()},
		{"Scheduler", schedulerTests()},
		{"Pace", paceTests()},
		{"Replicas", replicaTests()},
		{"Prune", pruneTests()},
		{"Archive", archiveTests()},
		{"Concurrency", concurrencyTests()},
		{"Races", raceTests()},
		{"Processes", processTests()},
		{"Model", modelTests()},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			for _, test := range step.tests {
				t.Run(test.name, func(t *testing.T) {
					if !suite.Serial && (step.name != "Model" || !suite.slow()) {
						t.Parallel()
					}
					test.proof(newScene(t, suite))
				})
			}
		})
	}
}
