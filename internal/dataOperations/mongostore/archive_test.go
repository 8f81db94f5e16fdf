package mongostore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/mongostore"
)

// archived returns the messages of the stage's database as they are moved, by the
// texts of their ids.
func archived(t *testing.T, s *stage) (*mongostore.Archive, map[string]dataoperations.ArchivedMessage) {
	t.Helper()
	archive, err := mongostore.OpenArchive(t.Context(), options(s.database, s.clock.Now))
	require.NoError(t, err)
	found := map[string]dataoperations.ArchivedMessage{}
	require.NoError(t, archive.Walk(t.Context(), dataoperations.CollectionMessages, func(batch dataoperations.ArchivedBatch) error {
		for _, message := range batch.Messages {
			found[message.ID.Text] = message
		}
		return nil
	}))
	return archive, found
}

func TestArchive_DocumentsOfAnyShapeAreMovedForWhatTheyMean(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	now := s.clock.Now()
	for name, test := range map[string]struct {
		fields    bson.M
		inspected bool
		problem   string
	}{
		"reference":        {nil, false, ""},
		"adopted":          {s.looksAdopted(), true, ""},
		"text as due":      {bson.M{"next_attempt_at": now.Format(time.RFC3339), "drawn": false, "priority": 1}, false, ""},
		"no priority":      {bson.M{"next_attempt_at": now, "drawn": true}, false, ""},
		"number as to":     {bson.M{"to": 5}, false, "to must be a string, not 32-bit integer"},
		"priority beyond":  {bson.M{"priority": 9}, false, "priority must be 0, 1 or 2"},
		"a word as a time": {bson.M{"created_at": "yesterday"}, false, "created_at must be a date, not string"},
		"seconds":          {bson.M{"send_at": int64(1_755_798_743)}, false, "send_at is in seconds"},
		"attempts a text":  {bson.M{"attempts": "none"}, false, "attempts must be an array, not string"},
	} {
		s.insert(t, name, test.fields)
		_, found := archived(t, s)
		require.Equal(t, test.inspected, found[name].Inspected, name)
		if test.problem == "" {
			require.Empty(t, found[name].Problems, name)
			continue
		}
		require.Len(t, found[name].Problems, 1, name)
		require.Contains(t, found[name].Problems[0], test.problem, name)
	}
}

func TestArchive_FieldsOfOthersComeAlongWithTheirTypes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	theirs := bson.M{
		"z": int64(1) << 60, "a": bson.A{1.5, true, bson.Null{}}, "at": bson.NewDateTimeFromTime(s.clock.Now()),
		"who": bson.D{{Key: "b", Value: "ş"}, {Key: "a", Value: bson.NewObjectIDFromTimestamp(s.clock.Now())}},
	}
	s.insert(t, "m", theirs)
	before := s.stored(t, "m")
	archive, found := archived(t, s)
	require.Contains(t, found["m"].Extra, `{"a":[{"$numberDouble":"1.5"},true,null],"at":`, "in the order of their names")
	_, err := s.database.Collection("messages").DeleteMany(t.Context(), bson.M{})
	require.NoError(t, err)
	require.NoError(t, archive.Load(t.Context(), dataoperations.ArchivedBatch{Messages: []dataoperations.ArchivedMessage{found["m"]}}))
	after := s.stored(t, "m")
	for field := range theirs {
		require.Equal(t, before.Lookup(field), after.Lookup(field), field)
	}
	_, again := archived(t, s)
	require.Equal(t, found, again)
}

func TestArchive_TheLatestChangeOfTheSchedulerIsMovedEvenIfItsEntryIsNotYetInTheTrail(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run(t, 1)
	_, err := s.database.Collection("scheduler_logs").DeleteMany(t.Context(), bson.M{}) // as if the process had died before it
	require.NoError(t, err)
	archive, _ := archived(t, s)
	entries := 0
	require.NoError(t, archive.Walk(t.Context(), dataoperations.CollectionLogs, func(batch dataoperations.ArchivedBatch) error {
		entries += len(batch.Logs)
		return nil
	}))
	require.Equal(t, 1, entries)
}

func TestOpen_RefusesADatabaseThatIsHalfOfAMigration(t *testing.T) {
	t.Parallel()
	d := newData(t)
	now := time.Now //nolint:forbidigo // any clock does
	archive, err := mongostore.OpenArchive(t.Context(), options(d.database, now))
	require.NoError(t, err)
	require.NoError(t, archive.Begin(t.Context(), dataoperations.Migration{ID: "m", Source: "sqlite:/data", BegunAt: now()}))
	_, err = mongostore.Open(t.Context(), options(d.database, now))
	require.ErrorContains(t, err, "half of a migration from sqlite:/data")
	require.NoError(t, archive.Complete(t.Context(), now()))
	d.Open(t, now)
}
