package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	runner "auto-message-sender/internal/e2e/program"
)

const (
	// endGrace is how long a process may take to end before it is killed.
	endGrace = 40 * time.Second
	// startPatience is how long a process may take until it can be used.
	startPatience = time.Minute
	// pollEvery is how often something is asked for that comes without a word.
	pollEvery = 2 * time.Millisecond
)

// program is what to start.
type program struct {
	path        string
	arguments   []string
	environment []string            // all of it: nothing of ours
	user        *syscall.Credential // nil: ours
	ready       string              // what it prints once it can be used; empty: nothing
	endBy       syscall.Signal      // 0: SIGTERM
}

// process is a program that runs. It is ended by its own pid, and only that.
type process struct {
	command *exec.Cmd
	printed *runner.Output
	endBy   syscall.Signal
	ended   chan struct{} // closed once it has
}

// start runs a program, and returns once it says that it is ready.
func start(ctx context.Context, p program) (*process, error) {
	command := exec.CommandContext(ctx, p.path, p.arguments...) //nolint:gosec // the operator names the programs
	command.Env = p.environment
	if command.Env == nil {
		command.Env = []string{} // nil would be all of ours
	}
	if p.user != nil {
		command.Dir = "/" // ours may be closed to that user
		command.SysProcAttr = &syscall.SysProcAttr{Credential: p.user}
	}
	if p.endBy == 0 {
		p.endBy = syscall.SIGTERM
	}
	running := &process{command: command, printed: new(runner.Output), endBy: p.endBy, ended: make(chan struct{})}
	command.Stdout, command.Stderr = running.printed, running.printed
	command.Cancel = func() error { return command.Process.Signal(p.endBy) }
	command.WaitDelay = endGrace
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.path, err)
	}
	go func() {
		defer close(running.ended)
		_ = command.Wait() // how it ended shows in what it did and said
	}()
	if p.ready == "" {
		return running, nil
	}
	err := poll(ctx, startPatience, func() (bool, error) {
		if running.hasEnded() {
			return false, errors.New("it ended")
		}
		return strings.Contains(running.printed.String(), p.ready), nil
	})
	if err != nil {
		return nil, running.blame(fmt.Errorf("start %s: %w", p.path, err))
	}
	return running, nil
}

func (p *process) pid() int { return p.command.Process.Pid }

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// end asks the process to end, waits for it, and kills it where that takes too
// long. Ending again does nothing.
func (p *process) end() {
	_ = p.command.Process.Signal(p.endBy)
	kill := time.AfterFunc(endGrace, func() { _ = p.command.Process.Kill() })
	defer kill.Stop()
	<-p.ended
}

// blame ends the process and adds what it printed to the error.
func (p *process) blame(err error) error {
	p.end()
	return fmt.Errorf("%w; it said:\n%s", err, p.printed)
}

// runToEnd starts a program and returns what it printed, as soon as it ended.
func runToEnd(ctx context.Context, p program) (string, error) {
	running, err := start(ctx, p)
	if err != nil {
		return "", err
	}
	<-running.ended
	if code := running.command.ProcessState.ExitCode(); code != 0 {
		return "", fmt.Errorf("%s ended with status %d: %s", p.path, code, strings.TrimSpace(running.printed.String()))
	}
	return running.printed.String(), nil
}

// poll asks until it is so, or that took too long.
func poll(ctx context.Context, patience time.Duration, so func() (bool, error)) error {
	for since := time.Now(); ; time.Sleep(pollEvery) {
		if ok, err := so(); ok || err != nil {
			return err
		}
		if time.Since(since) > patience {
			return fmt.Errorf("nothing for %v", patience)
		}
		if err := ctx.Err(); err != nil {
			return err //nolint:wrapcheck // the caller looks for it
		}
	}
}

// freePort returns a port of this machine that nothing listens on.
func freePort(ctx context.Context) (int, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("find a free port: odd address %v", listener.Addr())
	}
	return address.Port, nil
}

// inDirectory gives work a directory of its own, and removes it afterwards.
func inDirectory(work func(dir string) error) error {
	dir, err := os.MkdirTemp("", "ams-bench-")
	if err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	return work(dir)
}
