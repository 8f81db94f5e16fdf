package mongostore_test

import (
	"testing"
	"time"

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
	})
}
