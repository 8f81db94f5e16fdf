package e2e_test

import (
	"os"
	"path/filepath"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/e2e/program"
)

// backUpAndMove copies a store to a file – that of the walk, while both replicas serve
// it, or of another –, and moves that copy to MongoDB and back.
func (w *cliWalk) backUpAndMove() {
	dir := w.dataDir
	if dir == "" {
		dir = storeOf(w.t, seeded(w.t, 3, false))
	}
	restored := w.t.TempDir()
	require.Contains(w.t, w.operator.must("backup", "--data-dir", dir, filepath.Join(restored, storeFile)), "its scheduler is stopped")
	if _, err := program.StandIn(); err != nil && os.Getenv("MONGODB_TEST_URI") == "" && os.Getenv("CI") != "true" {
		w.walked["migrate"] = true // there is nowhere to move it to
		return
	}
	target, back := newDatabase(w.t), "sqlite:"+w.t.TempDir()
	require.Contains(w.t, w.operator.must("migrate", "--from", "sqlite:"+restored, "--to", target, "--batch", "20", "--dry-run"), "messages")
	there := w.operator.must("migrate", "--from", "sqlite:"+restored, "--to", target, "--batch", "20")
	require.NotContains(w.t, there, "DIFFERENT")
	require.NotContains(w.t, w.operator.must("migrate", "--from", target, "--to", back), "DIFFERENT")
}
