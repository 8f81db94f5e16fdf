package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// A server waits half a second for the end of a connection whose body it refused to
// read, and has nobody to tell that the tests are over.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// transcript is what a command writes, readable while it still runs.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, _ := t.text.Write(p) // a buffer takes everything
	return n, nil
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// terminal is a process to run commands in, and what a person sees of it.
type terminal struct {
	process

	stdout, stderr *transcript
	signals        chan os.Signal
	exits          chan int // exit codes of ends at once
}

func setup(t *testing.T, environ map[string]string) *terminal {
	t.Helper()
	term := &terminal{
		stdout: new(transcript), stderr: new(transcript),
		signals: make(chan os.Signal), exits: make(chan int, 1),
	}
	term.process = process{
		environ: environ,
		dotenv:  filepath.Join(t.TempDir(), ".env"), // missing, unless the test writes it
		stdout:  term.stdout,
		stderr:  term.stderr,
		signals: term.signals,
		exit:    func(code int) { term.exits <- code },
		now:     func() time.Time { return time.Date(2025, 8, 22, 1, 47, 19, 0, time.UTC) },
		build:   build{Version: "v1.2.3", Commit: "0123abc", Go: "go1.26.0", Platform: "linux/amd64"},
	}
	return term
}

// run runs a command to its end and returns the exit code. A command that should
// have ended by itself, and does not, is asked to after a while.
func (term *terminal) run(t *testing.T, args ...string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return execute(ctx, args, term.process)
}

// writeDotenv makes the .env file.
func (term *terminal) writeDotenv(t *testing.T, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(term.dotenv, []byte(content), 0o600))
}
