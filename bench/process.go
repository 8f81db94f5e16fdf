package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// endGrace is how long a process may take to end before it is killed.
const endGrace = 40 * time.Second

// process is one of the binary's, listening on a port of this machine.
type process struct {
	command *exec.Cmd
	port    int
	output  *bytes.Buffer
}

// start runs the binary with these arguments and variables and nothing of this
// environment; %port% in them becomes a free port.
func start(ctx context.Context, s settings, arguments, environment []string) (*process, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	fill := func(texts []string) []string {
		filled := make([]string, len(texts))
		for i, text := range texts {
			filled[i] = strings.ReplaceAll(text, "%port%", strconv.Itoa(port))
		}
		return filled
	}
	command := exec.CommandContext(ctx, s.binary, fill(arguments)...) //nolint:gosec // the operator names the binary
	command.Env = fill(environment)
	output := new(bytes.Buffer)
	command.Stdout, command.Stderr = output, output
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = endGrace
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s (make build makes it): %w", s.binary, err)
	}
	return &process{command: command, port: port, output: output}, nil
}

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

func (p *process) url() string { return "http://127.0.0.1:" + strconv.Itoa(p.port) }

// until polls path until it answers with status, and returns how long after
// since that was.
func (p *process) until(ctx context.Context, method, path string, status int, since time.Time) (time.Duration, error) {
	for {
		request, err := http.NewRequestWithContext(ctx, method, p.url()+path, http.NoBody)
		if err != nil {
			return 0, fmt.Errorf("make a request: %w", err)
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == status {
				return time.Since(since), nil
			}
		}
		if time.Since(since) > time.Minute || ctx.Err() != nil {
			return 0, fmt.Errorf("%s %s never answered %d; the process said:\n%s", method, path, status, p.said())
		}
		time.Sleep(time.Millisecond)
	}
}

// rss returns the process's resident memory in MiB.
func (p *process) rss() (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read the process's memory: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024, err //nolint:wrapcheck // the kernel's own words
		}
	}
	return 0, nil
}

// end asks the process to end, waits for it, and kills it where that takes too long.
func (p *process) end() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(endGrace, func() { _ = p.command.Process.Kill() })
	defer kill.Stop()
	_ = p.command.Wait()
}

// said ends the process and returns what it printed, for an error's text.
func (p *process) said() string {
	p.end() // until then the output is still written to
	return p.output.String()
}
