// Package program builds the real binary and runs it as processes, for tests that
// meet the service as its users do: over signals, HTTP and files.
package program

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// T is what a Process needs of a *testing.T.
type T interface {
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Cleanup(end func())
	Context() context.Context
	TempDir() string
}

// Build builds the program into dir and returns its path. Flags are those of
// `go build`; beside -race, cgo is off, as in the binary that is released.
func Build(ctx context.Context, dir, tags string, race bool) (string, error) {
	path := filepath.Join(dir, "auto-message-sender")
	arguments := []string{"build", "-tags", tags, "-o", path}
	cgo := "CGO_ENABLED=0"
	if race {
		arguments, cgo = append(arguments, "-race"), "CGO_ENABLED=1"
	}
	build := exec.CommandContext(ctx, "go", append(arguments, "auto-message-sender/cmd/auto-message-sender")...) //nolint:gosec // its own arguments
	build.Env = append(os.Environ(), cgo)
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, output)
	}
	return path, nil
}

// Process is one run of the program.
type Process struct {
	Port   int // of its API; 0: it was given none
	Stdout Output
	Stderr Output

	command *exec.Cmd
	ended   chan struct{}
}

// Start runs the binary in a directory of its own with these variables and no
// others. It is killed when the test ends, if it still runs.
func Start(t T, binary string, environment map[string]string, arguments ...string) *Process {
	p := &Process{command: exec.Command(binary, arguments...), ended: make(chan struct{})} //nolint:noctx,gosec // built by Build; ended below, by its pid
	p.command.Dir = t.TempDir()
	p.command.Stdout, p.command.Stderr = &p.Stdout, &p.Stderr
	for name, value := range environment {
		p.command.Env = append(p.command.Env, name+"="+value)
	}
	if port := environment["SERVER_PORT"]; port != "" {
		p.Port, _ = strconv.Atoi(port) // a wrong one is for the program to refuse
	}
	if err := p.command.Start(); err != nil {
		t.Fatalf("start %s: %v", binary, err)
	}
	go func() { defer close(p.ended); _ = p.command.Wait() }()
	t.Cleanup(p.Kill)
	return p
}

// URL returns the address of a path of the process's API.
func (p *Process) URL(path string) string {
	return "http://127.0.0.1:" + strconv.Itoa(p.Port) + path
}

// PID returns the process's id.
func (p *Process) PID() int { return p.command.Process.Pid }

// Dir returns the directory that the process runs in.
func (p *Process) Dir() string { return p.command.Dir }

// Kill ends the process as kill -9 does, and returns when it is gone.
func (p *Process) Kill() {
	_ = p.command.Process.Kill()
	<-p.ended
}

// Signal sends a signal; one that comes too late is an error.
func (p *Process) Signal(signal syscall.Signal) error {
	if err := p.command.Process.Signal(signal); err != nil {
		return fmt.Errorf("send %s: %w", signal, err)
	}
	return nil
}

// Ended is closed when the process is gone.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// ErrStillRuns says that a process did not end in time.
var ErrStillRuns = errors.New("the process does not end")

// Exit waits for the process to end by itself, and returns its exit code: -1 when
// a signal ended it.
func (p *Process) Exit(patience time.Duration) (int, error) {
	select {
	case <-p.ended:
		return p.command.ProcessState.ExitCode(), nil
	case <-time.After(patience):
		return 0, ErrStillRuns
	}
}

// Output collects what a process prints; it may be read while that goes on.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write is part of io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p) //nolint:wrapcheck // it never fails
}

// String returns what was printed so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var _ io.Writer = (*Output)(nil)

// FreePort returns a TCP port of the loopback that is free now.
func FreePort(t T) int {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("find a free port: %v", err)
	}
	defer func() { _ = listener.Close() }()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("a TCP listener has the address %s", listener.Addr())
	}
	return address.Port
}
