package mongostore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/mongostore"
	"auto-message-sender/internal/dataOperations/storetest"
)

func TestStore_KeepsThePromises(t *testing.T) {
	t.Parallel()
	messages := 5000
	if onStandIn() {
		messages = 200 // it reads the whole collection for every update
	}
	storetest.Run(t, storetest.Suite{
		New:       func(t *testing.T) storetest.Data { t.Helper(); return newData(t) },
		Now:       time.Now, //nolint:forbidigo // the one clock that processes share
		Messages:  messages,
		ObjectIDs: true,
		CountsAge: countsAge,
		Archive:   openArchive,
	})
}

// openArchive opens the data as an archive, on a connection of its own.
func openArchive(t *testing.T, of storetest.Data, now func() time.Time) (archive dataoperations.Archive, end func()) {
	t.Helper()
	known, ok := of.(*data)
	require.True(t, ok)
	archive, err := mongostore.OpenArchive(t.Context(), options(connect(t, known.uri, known.database.Name()), now))
	require.NoError(t, err)
	return archive, func() {}
}
