// Package redistest runs a real redis-server for a test, on a free port, without
// persistence, and ends it with the test. The server can be taken away, frozen
// and brought back: what a cache has to survive.
package redistest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// T is what a Server needs of a *testing.T.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Cleanup(end func())
	TempDir() string
}

const startLimit = 15 * time.Second

// Server is a redis-server of one test.
type Server struct {
	t       T
	binary  string
	dir     string
	port    int
	process *exec.Cmd // nil while stopped
}

// Start runs a server. Without redis-server on this machine the test is skipped,
// or, where CI=true, fails.
func Start(t T) *Server {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("redis-server is not installed, and with CI=true nothing may be left out")
		}
		t.Skipf("left out: redis-server is not installed (on Debian: apt-get install redis-server)")
	}
	server := &Server{t: t, binary: binary, dir: t.TempDir()}
	t.Cleanup(server.Stop)
	// Between finding a free port and using it another process may take it.
	for range 5 {
		server.port = freePort(t)
		if err = server.run(); err == nil {
			return server
		}
	}
	t.Fatalf("start redis-server: %v", err)
	return nil
}

// Host returns the address without the port.
func (s *Server) Host() string { return "127.0.0.1" }

// Port returns the port, which stays the same over restarts.
func (s *Server) Port() int { return s.port }

// Address returns host:port.
func (s *Server) Address() string { return net.JoinHostPort(s.Host(), strconv.Itoa(s.port)) }

// Restart brings a stopped server back, empty.
func (s *Server) Restart() {
	s.t.Helper()
	if err := s.run(); err != nil {
		s.t.Fatalf("restart redis-server: %v", err)
	}
}

// Stop ends the server as a crash would.
func (s *Server) Stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill() // wakes and ends a frozen one, too
	_ = s.process.Wait()
	s.process = nil
}

// Freeze makes the server stop answering while its connections stay open.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw undoes Freeze.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal syscall.Signal) {
	s.t.Helper()
	if err := s.process.Process.Signal(signal); err != nil {
		s.t.Fatalf("%s redis-server: %v", signal, err)
	}
}

// run starts the process and waits until it answers.
func (s *Server) run() error {
	// Not bound to the test's context: that ends before the cleanups do.
	process := exec.CommandContext(context.Background(), s.binary, //nolint:gosec // a server for tests, found in PATH
		"--port", strconv.Itoa(s.port), "--bind", s.Host(), "--dir", s.dir,
		"--save", "", "--appendonly", "no", "--loglevel", "warning")
	if err := process.Start(); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	s.process = process
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	for {
		err := s.answers(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			s.Stop()
			return fmt.Errorf("it does not answer within %s: %w", startLimit, err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// answers asks whether our own process serves the port: another server that
// took it would answer a plain PING as well.
func (s *Server) answers(ctx context.Context) error {
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", s.Address())
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	defer func() { _ = connection.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := connection.SetDeadline(deadline); err != nil {
			return fmt.Errorf("set a deadline: %w", err)
		}
	}
	if _, err := fmt.Fprint(connection, "INFO server\r\n"); err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	want := "process_id:" + strconv.Itoa(s.process.Process.Pid)
	for lines := bufio.NewScanner(connection); lines.Scan(); {
		if lines.Text() == want {
			return nil
		}
		if lines.Text() == "" {
			break
		}
	}
	return fmt.Errorf("port %d does not belong to the process just started", s.port)
}

func freePort(t T) int {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
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
