package mongostore_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"auto-message-sender/internal/dataOperations/storetest"
)

// TestMain makes this binary a claimer where the conformance suite started it as
// one; otherwise it finds or starts a server, and runs the tests.
func TestMain(m *testing.M) {
	if storetest.IsClaimer() {
		os.Exit(storetest.ClaimerMain(openFromEnvironment))
	}
	stop, err := startServer(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "mongostore:", err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent(), goleak.Cleanup(func(code int) {
		stop()
		os.Exit(code)
	}))
}
