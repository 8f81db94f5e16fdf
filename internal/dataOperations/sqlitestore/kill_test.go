package sqlitestore_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/e2e/program"
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
	counts, err := store.Counts(ctx)
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	var there int64 // from those before
	for _, n := range counts {
		there += n
	}
	for i := int(there) / 3; ; i++ {
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

// kills is how often one store's process is killed: enough for some to fall between
// the first write of a commit and its last.
const kills = 8

func TestStore_WhatItPromisedSurvivesKill9(t *testing.T) {
	t.Parallel()
	store, dir, clock := setup(t)
	require.NoError(t, store.Close())
	promised := map[string]models.Status{} // the last status that each message was said to have
	for n := range kills {
		killAfter(t, dir, 40+17*n, promised)
	}
	require.Greater(t, len(promised), 50)

	told := new(program.Output)
	store = openTold(t, dir, clock, told)
	sqlitestore.WaitForBackground(store)
	require.NoError(t, store.Ping(t.Context()), "the file is whole")
	require.Empty(t, told.String(), "the counts are those of the messages, without a correction")
	for id, status := range promised {
		message, err := store.Message(t.Context(), id)
		require.NoError(t, err)
		if message.Status != status {
			// The last writes may have been done without their answer being told.
			require.True(t, status.CanBecome(message.Status) || message.Status == models.StatusSent,
				"%s was said to be %s and is %s", id, status, message.Status)
		}
	}
	requireWholeBatches(t, dir)
}

// killAfter runs a process on the store that is killed once it has told so many
// steps, and adds what it was promised.
func killAfter(t *testing.T, dir directory, steps int, promised map[string]models.Status) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$") //nolint:gosec // it is this very binary.
	command.Env = append(os.Environ(), doomedName+"=1", dirName+"="+dir.dir)
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	lines := bufio.NewScanner(stdout)
	for told := 0; lines.Scan(); told++ {
		var status models.Status
		var id string
		_, err := fmt.Sscan(lines.Text(), &status, &id)
		require.NoError(t, err)
		promised[id] = status
		if told == steps {
			require.NoError(t, command.Process.Kill()) // what it still says in between counts too
		}
	}
	require.Error(t, command.Wait(), "it was killed")
}

// requireWholeBatches demands of the three messages of each Accept that all are
// there or none, and of the claims of each Claim that one moment made them.
func requireWholeBatches(t *testing.T, dir directory) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir.dir, sqlitestore.FileName))
	require.NoError(t, err)
	var batches, halves, torn int
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT count(*), sum(n <> 3) FROM
		(SELECT count(*) AS n FROM messages GROUP BY CAST(substr(id, -12) AS INTEGER) / 3)`).Scan(&batches, &halves))
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM messages
		WHERE (status = 'sending') <> (claim_id IS NOT NULL AND sent_at IS NULL) OR attempt_count <> (claim_id IS NOT NULL)`).Scan(&torn))
	require.NoError(t, db.Close())
	require.Greater(t, batches, 20)
	require.Zero(t, halves, "batches that are there in part")
	require.Zero(t, torn, "messages whose claim, status and attempts are not of one write")
}
