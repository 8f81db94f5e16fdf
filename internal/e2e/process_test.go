package e2e_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/e2e/program"
)

// patience is how long a test waits for what must come.
const patience = 40 * time.Second

// binary builds the program once for all tests of the package and returns its path.
var binary = sync.OnceValues(func() (string, error) { //nolint:gochecknoglobals // built once, removed by TestMain
	dir, err := os.MkdirTemp("", "ams-e2e-")
	if err != nil {
		return "", fmt.Errorf("make a directory: %w", err)
	}
	return program.Build(context.Background(), dir, "nomsgpack", underRace)
})

// atOnce is how many tests run at the same time, also on fewer processors: most of
// what they do is to wait for processes.
const atOnce = 4

func TestMain(m *testing.M) {
	flag.Parse()
	if runtime.GOMAXPROCS(0) < atOnce {
		_ = flag.Set("test.parallel", strconv.Itoa(atOnce))
	}
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// process is one run of the binary.
type process struct {
	*program.Process

	t testing.TB
}

// start runs the binary in a directory of its own with these variables and no
// others. It is killed when the test ends, if it still runs.
func start(tb testing.TB, environment map[string]string, arguments ...string) *process {
	tb.Helper()
	path, err := binary()
	require.NoError(tb, err)
	environment = maps.Clone(environment)
	if underRace {
		if environment == nil {
			environment = map[string]string{}
		}
		// A process ends at once, and not only after a second that it waits for
		// goroutines which still race: a command is run often here.
		environment["GORACE"] = "atexit_sleep_ms=0"
	}
	p := &process{Process: program.Start(tb, path, environment, arguments...), t: tb}
	tb.Cleanup(func() {
		p.Kill()
		if tb.Failed() {
			tb.Logf("%s %v printed:\n%s%s", filepath.Base(path), arguments, p.Stdout.String(), p.logWithoutPolls())
		}
	})
	return p
}

// serve starts the service on a free port and waits until it is ready.
func serve(tb testing.TB, environment map[string]string) *process {
	tb.Helper()
	p := serveUnready(tb, environment)
	p.waitFor("/readyz")
	return p
}

func serveUnready(tb testing.TB, environment map[string]string) *process {
	tb.Helper()
	all := map[string]string{
		"SERVER_PORT": strconv.Itoa(program.FreePort(tb)), "RATE_LIMIT": "100000/1s",
		"WEBHOOK_URL": "http://127.0.0.1:9/", "LOG_LEVEL": "trace",
	}
	maps.Copy(all, environment)
	return start(tb, all)
}

// call makes one request and returns the status and the JSON of the answer.
func (p *process) call(method, path, body string) (int, map[string]any) {
	p.t.Helper()
	status, answer, err := p.try(method, path, body)
	require.NoError(p.t, err)
	return status, answer
}

func (p *process) try(method, path, body string) (int, map[string]any, error) {
	request, err := http.NewRequestWithContext(context.Background(), method, p.URL(path), strings.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("make a request: %w", err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("call: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, fmt.Errorf("read the answer: %w", err)
	}
	var answer map[string]any
	_ = json.Unmarshal(content, &answer)
	return response.StatusCode, answer, nil
}

// must is call with the status it must have.
func (p *process) must(status int, method, path, body string) map[string]any {
	p.t.Helper()
	got, answer := p.call(method, path, body)
	require.Equal(p.t, status, got, "%s %s: %v", method, path, answer)
	return answer
}

// waitFor waits until the path answers 200.
func (p *process) waitFor(path string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		got, _, err := p.try("GET", path, "")
		return err == nil && got == http.StatusOK
	}, patience, 10*time.Millisecond, "GET %s never answered 200", path)
}

// accept sends n messages to the API and returns their ids.
func (p *process) accept(n int) []string {
	p.t.Helper()
	ids := make([]string, n)
	for i := range ids {
		answer := p.must(http.StatusCreated, "POST", "/api/v1/messages",
			fmt.Sprintf(`{"to":"+90555111%04d","content":"message %d"}`, i, i))
		id, ok := answer["id"].(string)
		require.True(p.t, ok, "%v", answer)
		ids[i] = id
	}
	return ids
}

// count returns how many messages have the status.
func (p *process) count(status string) int {
	p.t.Helper()
	answer := p.must(http.StatusOK, "GET", "/api/v1/scheduler", "")
	counts, ok := answer["counts"].(map[string]any)
	require.True(p.t, ok, "%v", answer)
	n, ok := counts[status].(float64)
	require.True(p.t, ok, "%v", answer)
	return int(n)
}

func (p *process) waitForSent(n int) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return p.count("sent") == n }, patience, 20*time.Millisecond, "never %d sent", n)
}

// logWithoutPolls leaves out the lines that the tests' own waiting causes.
func (p *process) logWithoutPolls() string {
	var rest strings.Builder
	for line := range strings.Lines(p.Stderr.String()) {
		if !strings.Contains(line, "method=GET") {
			rest.WriteString(line)
		}
	}
	return rest.String()
}

func (p *process) signal(signal syscall.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.Signal(signal))
}

// exit waits for the process to end by itself and returns its exit code.
func (p *process) exit() int {
	p.t.Helper()
	code, err := p.Exit(patience)
	require.NoError(p.t, err)
	return code
}
