package sqlitestore_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/dataOperations/storetest"
	"auto-message-sender/internal/e2e/program"
	"auto-message-sender/internal/models"
)

// setup returns an open store in a directory of its own, on a clock that stands
// still, its scheduler running without a cap.
func setup(t *testing.T) (*sqlitestore.Store, directory, *storetest.Clock) {
	t.Helper()
	clock, dir := storetest.NewClock(), directory{t.TempDir()}
	store := openIn(t, dir, clock)
	require.NoError(t, store.Configure(t.Context(), models.Pace{Interval: time.Minute}))
	_, err := store.Start(t.Context(), models.SchedulerLog{ID: "start"})
	require.NoError(t, err)
	return store, dir, clock
}

// openIn opens a store in the directory, and closes it when the test ends.
func openIn(t *testing.T, dir directory, clock *storetest.Clock) *sqlitestore.Store {
	t.Helper()
	store, err := open(t.Context(), dir.dir, clock.Now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// messages returns n messages created at the time given, numbered from first.
func messages(first, n int, at time.Time) []models.Message {
	made := make([]models.Message, n)
	for i := range made {
		made[i] = models.Message{
			ID: models.ID{Text: fmt.Sprintf("01987654-0000-7000-8000-%012d", first+i)},
			To: "+905551111111", Content: "Your parcel arrives today between two and four.", Priority: models.PriorityNormal, CreatedAt: at,
		}
	}
	return made
}

// request asks for up to n messages.
func request(n int) dataoperations.ClaimRequest {
	return dataoperations.ClaimRequest{Owner: "replica-1-4f1c2a90", Lease: 35 * time.Second, Max: n}
}

// outcomes returns what the webhook taking each of the messages comes to.
func outcomes(claimed []models.Claimed, at time.Time) []models.Outcome {
	made := make([]models.Outcome, len(claimed))
	for i, one := range claimed {
		made[i] = models.Outcome{
			ID: one.ID, ClaimID: one.ClaimID, Result: models.ResultSent, At: at, MessageID: "4c3c2a5b-" + one.ID.Text[9:],
			Attempt: models.Attempt{Number: one.Attempt, StartedAt: at, Duration: 20 * time.Millisecond, StatusCode: 202, Replica: one.Owner},
		}
	}
	return made
}

// requireWhole closes the store, and demands that its file has no damage and its
// counts are right.
func requireWhole(t *testing.T, store *sqlitestore.Store, dir directory, clock *storetest.Clock) {
	t.Helper()
	require.NoError(t, store.Close())
	var found string
	require.NoError(t, readOne(t, filepath.Join(dir.dir, sqlitestore.FileName), "PRAGMA integrity_check", &found))
	require.Equal(t, "ok", found)
	told := new(program.Output)
	store = openTold(t, dir, clock, told)
	sqlitestore.WaitForBackground(store)
	require.NotContains(t, told.String(), "counts corrected")
}
