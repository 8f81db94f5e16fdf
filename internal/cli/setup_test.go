package cli_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/internal/cli"
	"auto-message-sender/internal/e2e/program"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// person is at a command line, in front of a server that answers by a table.
type person struct {
	cli.Process

	t        *testing.T
	terminal bool
	answers  map[string]string   // by "METHOD path?query"; "404 text" is a problem
	then     map[string][]string // answers after the first, if they are others
	asked    []string            // the same, with the body behind it
	stdout   program.Output
	stderr   program.Output
	mu       sync.Mutex
}

func setup(t *testing.T, answers map[string]string) *person {
	t.Helper()
	p := &person{t: t, answers: answers}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.Process = cli.Process{
		Environ: map[string]string{"AMS_SERVER": server.URL}, Stdin: strings.NewReader(""), Stdout: &p.stdout, Stderr: &p.stderr,
		Terminal: func(any) bool { return p.terminal },
		Now:      func() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) },
		Zone:     time.FixedZone("TRT", 3*60*60), NewID: func() string { return "new-id" }, Random: strings.NewReader(strings.Repeat("r", 64)),
	}
	return p
}

// ServeHTTP is the server.
func (p *person) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	name := r.Method + " " + strings.TrimPrefix(r.URL.RequestURI(), "/api/v1")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, strings.TrimSpace(name+" "+string(body)))
	answer, ok := p.answers[name]
	if !ok {
		answer = "404 there is nothing at this path"
	}
	if next := p.then[name]; len(next) > 0 {
		p.answers[name], p.then[name] = next[0], next[1:]
	}
	var status int
	if n, _ := fmt.Sscanf(answer, "%d ", &status); n == 1 {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		answer = fmt.Sprintf(`{"detail":%q}`, answer[4:])
	}
	_, _ = io.WriteString(w, answer)
}

// run runs a command to its end and returns its exit code and what it said of it.
func (p *person) run(arguments ...string) (code int, says string) {
	p.t.Helper()
	return p.runIn(p.t.Context(), arguments...)
}

func (p *person) runIn(ctx context.Context, arguments ...string) (code int, says string) {
	p.t.Helper()
	root := &cobra.Command{Use: "auto-message-sender", SilenceErrors: true, SilenceUsage: true}
	root.AddGroup(&cobra.Group{ID: cli.GroupID})
	root.AddCommand(cli.Commands(p.Process)...) //nolint:contextcheck // cobra hands ctx to the commands
	root.SetOut(&p.stdout)
	root.SetErr(&p.stderr)
	root.SetArgs(arguments)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0, ""
	}
	require.NotErrorIs(p.t, err, context.Canceled, "the program would take it for an end in order, and exit with 0")
	code, ok := cli.ExitCode(err)
	require.True(p.t, ok, "%v", err)
	return code, err.Error()
}
