package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/storetest"
)

// dirName is the variable that tells a claimer process the store's directory.
const dirName = "SQLITESTORE_TEST_DIR"

func TestMain(m *testing.M) {
	if storetest.IsClaimer() {
		os.Exit(storetest.ClaimerMain(func(ctx context.Context) (dataoperations.Store, error) {
			dir := os.Getenv(dirName)
			if dir == "" {
				return nil, errors.New(dirName + " is not set")
			}
			return open(ctx, dir, realTime)
		}))
	}
	if os.Getenv(crampedName) != "" {
		os.Exit(openWithoutSpace(context.Background(), os.Getenv(dirName), os.Stdout))
	}
	if os.Getenv(failingName) != "" {
		if err := liveWithAFailingDisk(context.Background(), os.Getenv(dirName)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if os.Getenv(doomedName) != "" {
		if err := liveUntilKilled(context.Background(), os.Getenv(dirName), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}
