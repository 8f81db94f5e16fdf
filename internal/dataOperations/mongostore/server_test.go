package mongostore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/e2e/program"
	"auto-message-sender/internal/wireproxy"
)

// The environment carries what TestMain has found to the tests, and to the
// processes that some of them start.
const (
	testURIName  = "MONGODB_TEST_URI"     // set by a person or by CI: a real MongoDB
	serverName   = "MONGOSTORE_TEST_URI"  // what the tests connect to
	databaseName = "MONGOSTORE_TEST_DB"   // for the processes
	missingName  = "MONGOSTORE_NO_SERVER" // why there is none
	standInName  = "MONGOSTORE_STAND_IN"  // set: it is the stand-in
)

// startServer finds the server to test on: a real one, or else the stand-in behind
// the proxy that makes its writes atomic. Where there is neither, the tests are
// skipped, except under CI, where nothing may be left out.
func startServer(ctx context.Context) (stop func(), err error) {
	if uri := os.Getenv(testURIName); uri != "" {
		return func() {}, put(serverName, uri)
	}
	standIn, err := program.StandIn()
	if err != nil {
		if os.Getenv("CI") == "true" {
			return nil, err //nolint:wrapcheck // it says what is missing
		}
		return func() {}, put(missingName, err.Error())
	}
	uri, stopServer, err := runStandIn(ctx, standIn)
	if err != nil {
		return nil, err
	}
	proxy, err := wireproxy.Listen(ctx, "127.0.0.1:0", hostOf(uri))
	if err != nil {
		stopServer()
		return nil, fmt.Errorf("start the proxy: %w", err)
	}
	stop = func() {
		_ = proxy.Close()
		stopServer()
	}
	return stop, errors.Join(put(serverName, proxy.URI()), put(standInName, "yes"))
}

// put sets a variable of the environment for all tests, and their processes.
func put(name, value string) error {
	if err := os.Setenv(name, value); err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	return nil
}

// runStandIn starts the program and returns the URI that it prints first. It ends
// when its standard input closes, so also when this process dies.
func runStandIn(ctx context.Context, program string) (uri string, stop func(), err error) {
	command := exec.CommandContext(ctx, program, "--proxy=false")
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		return "", nil, fmt.Errorf("start %s: %w", program, err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return "", nil, fmt.Errorf("start %s: %w", program, err)
	}
	if err := command.Start(); err != nil {
		return "", nil, fmt.Errorf("start %s: %w", program, err)
	}
	stop = func() {
		_ = stdin.Close()
		kill := time.AfterFunc(10*time.Second, func() { _ = command.Process.Kill() })
		defer kill.Stop()
		_, _ = io.Copy(io.Discard, stdout)
		_ = command.Wait()
	}
	uri, err = bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("%s said no URI: %w", program, err)
	}
	return strings.TrimSpace(uri), stop, nil
}

// hostOf returns the host and port of a URI, the first where there are several.
func hostOf(uri string) string {
	parsed, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(parsed.Host, ",")
	return first
}

// through returns uri with a proxy in the server's place. The driver must not go to
// the members of a replica set by itself, nor repeat a write whose reply the proxy
// has lost: what the store does then is what these tests are about.
func through(t *testing.T, uri, proxy string) string {
	t.Helper()
	parsed, err := url.Parse(uri)
	require.NoError(t, err)
	query := parsed.Query()
	if parsed.Scheme != "mongodb" || query.Get("tls") == "true" || query.Get("ssl") == "true" {
		t.Skip("faults are injected into plain connections: needs a mongodb:// URI without TLS")
	}
	parsed.Host = proxy
	query.Del("replicaSet")
	query.Set("directConnection", "true")
	query.Set("retryWrites", "false")
	parsed.RawQuery = query.Encode()
	return parsed.String()
}

// serverURI returns the server to test on, or skips the test.
func serverURI(t *testing.T) string {
	t.Helper()
	if reason := os.Getenv(missingName); reason != "" {
		t.Skip(reason)
	}
	return os.Getenv(serverName)
}

// onStandIn reports whether the server is the stand-in, which can do less.
func onStandIn() bool { return os.Getenv(standInName) != "" }
