package sqlitestore_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
)

// doomedName is the variable that makes this binary a process to be killed: it
// sends messages through the store in dirName and tells what it was promised.
const doomedName = "SQLITESTORE_TEST_DOOMED"

// liveUntilKilled accepts, claims and records one message after another, and
// tells each step on out once the store has answered.
func liveUntilKilled(ctx context.Context, dir string, out io.Writer) error {
	store, err := open(ctx, dir, realTime)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		batch := messages(3*i, 3, store.Now())
		if err := store.Accept(ctx, batch...); err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		for _, message := range batch {
			_, _ = fmt.Fprintln(out, models.StatusPending, message.ID)
		}
		result, err := store.Claim(ctx, request(2))
		if err != nil {
			return fmt.Errorf("claim: %w", err)
		}
		for _, claimed := range result.Claimed {
			_, _ = fmt.Fprintln(out, models.StatusSending, claimed.ID)
		}
		if _, err := store.Record(ctx, outcomes(result.Claimed, store.Now())); err != nil {
			return fmt.Errorf("record: %w", err)
		}
		for _, claimed := range result.Claimed {
			_, _ = fmt.Fprintln(out, models.StatusSent, claimed.ID)
		}
	}
}

func TestStore_WhatItPromisedSurvivesKill9(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	require.NoError(t, store.Close())

	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$") //nolint:gosec // it is this very binary.
	command.Env = append(os.Environ(), doomedName+"=1", dirName+"="+dir.dir)
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	promised := map[string]models.Status{} // the last status that each message was said to have
	lines := bufio.NewScanner(stdout)
	for told := 0; lines.Scan(); told++ {
		var status models.Status
		var id string
		_, err := fmt.Sscan(lines.Text(), &status, &id)
		require.NoError(t, err)
		promised[id] = status
		if told == 300 {
			require.NoError(t, command.Process.Kill()) // what it still says in between counts too
		}
	}
	require.Error(t, command.Wait(), "it was killed")
	require.Greater(t, len(promised), 50)

	store = openIn(t, dir, clock)
	sqlitestore.WaitForBackground(store)
	require.NoError(t, store.Ping(t.Context()), "the file is whole")
	for id, status := range promised {
		message, err := store.Message(t.Context(), id)
		require.NoError(t, err)
		if message.Status != status {
			// The last writes may have been done without their answer being told.
			require.True(t, status.CanBecome(message.Status) || message.Status == models.StatusSent,
				"%s was said to be %s and is %s", id, status, message.Status)
		}
	}
}
