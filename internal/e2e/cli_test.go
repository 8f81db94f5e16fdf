package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Keys of two of the roles.
const (
	readerKey = "reader-0123456789abcdef"
	senderKey = "sender-0123456789abcdef"
)

// person is at the command line of the program itself, in front of a server.
type person struct {
	tb     testing.TB
	server string
	key    string
	walked map[string]bool // takes in the commands that ended well; may be nil
}

// run runs a command to its end.
func (p person) run(arguments ...string) (code int, stdout, stderr string) {
	p.tb.Helper()
	command := p.begin(arguments...)
	code = command.exit()
	if code == 0 && p.walked != nil {
		p.walked[arguments[0]] = true
		if len(arguments) > 1 {
			p.walked[arguments[0]+" "+arguments[1]] = true
		}
	}
	return code, command.Stdout.String(), command.Stderr.String()
}

// begin starts a command.
func (p person) begin(arguments ...string) *process {
	p.tb.Helper()
	return start(p.tb, map[string]string{"AMS_SERVER": p.server, "AMS_API_KEY": p.key, "TZ": "Europe/Istanbul"}, arguments...)
}

// must is run where the exit code is 0; it returns standard output.
func (p person) must(arguments ...string) string {
	p.tb.Helper()
	code, stdout, stderr := p.run(arguments...)
	require.Zero(p.tb, code, "%v: %s%s", arguments, stdout, stderr)
	return stdout
}

// object is must with --json, of one object.
func (p person) object(arguments ...string) map[string]any {
	p.tb.Helper()
	var object map[string]any
	require.NoError(p.tb, json.Unmarshal([]byte(p.must(append(arguments, "--json")...)), &object))
	return object
}

// file makes a file and returns its path.
func file(tb testing.TB, name, content string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	require.NoError(tb, os.WriteFile(path, []byte(content), 0o600)) //nolint:gosec // the test's own
	return path
}

// customers is a CSV of n messages that are all valid.
func customers(n int) string {
	var text strings.Builder
	text.WriteString("to,content,reference\n")
	for i := range n {
		fmt.Fprintf(&text, "+90555%07d,Hello %d,campaign\n", i, i)
	}
	return text.String()
}

// setupCLI starts a server with keys, and returns who may send.
func setupCLI(tb testing.TB, more map[string]string) (server *process, sender person) {
	tb.Helper()
	settings := map[string]string{
		"API_KEYS": "s:sender:" + senderKey,
	}
	maps.Copy(settings, more)
	server = serve(tb, settings)
	address := server.URL("")
	return server, person{tb: tb, server: address, key: senderKey}
}

// The importer and the server are each killed in the middle; afterwards every line
// is there, once.
func TestCLI_AnImportThatWasKilledGoesOnAndSendsNothingTwice(t *testing.T) {
	t.Parallel()
	const lines = 3_000
	settings := map[string]string{"DATA_DIR": t.TempDir()}
	server, sender := setupCLI(t, settings)
	settings["SERVER_PORT"] = fmt.Sprint(server.Port)
	path := file(t, "customers.csv", customers(lines))

	first := sender.begin("import", path, "--batch", "100", "--in-flight", "2")
	require.Eventually(t, func() bool { return pending(sender) > 500 }, patience, 5*time.Millisecond)
	first.Kill()
	some := pending(sender)
	require.Less(t, some, lines)

	second := sender.begin("import", path, "--batch", "100", "--in-flight", "2")
	require.Eventually(t, func() bool { return pending(sender) > some+500 }, patience, 5*time.Millisecond)
	server.Kill()
	serverAgain, _ := setupCLI(t, settings)
	require.Zero(t, second.exit(), second.Stderr.String())
	require.Equal(t, lines, pending(sender))

	third := sender.begin("import", path)
	require.Zero(t, third.exit())
	require.Contains(t, third.Stdout.String(), fmt.Sprintf("0 accepted, %d accepted before", lines))
	require.Equal(t, lines, pending(sender))
	serverAgain.signal(syscall.SIGTERM)
	require.Zero(t, serverAgain.exit())
}

// pending returns how many messages wait. It asks without a command: one takes longer
// to start than many a batch does.
func pending(p person) int {
	p.tb.Helper()
	request, err := http.NewRequestWithContext(p.tb.Context(), http.MethodGet, p.server+"/api/v1/scheduler", http.NoBody)
	require.NoError(p.tb, err)
	request.Header.Set("X-Api-Key", p.key)
	response, err := http.DefaultClient.Do(request)
	require.NoError(p.tb, err)
	defer func() { _ = response.Body.Close() }()
	var state struct {
		Counts struct {
			Pending int `json:"pending"`
		} `json:"counts"`
	}
	require.NoError(p.tb, json.NewDecoder(response.Body).Decode(&state))
	require.Equal(p.tb, http.StatusOK, response.StatusCode)
	return state.Counts.Pending
}

func TestCLI_CtrlCEndsAnImportWithItsOwnExitCode(t *testing.T) {
	t.Parallel()
	_, sender := setupCLI(t, nil)
	path := file(t, "customers.csv", customers(20_000))
	command := sender.begin("import", path, "--batch", "200", "--in-flight", "1")
	require.Eventually(t, func() bool { return pending(sender) > 0 }, patience, 5*time.Millisecond)
	command.signal(syscall.SIGINT)
	require.Equal(t, 130, command.exit())
	require.Contains(t, command.Stderr.String(), "The same command goes on")
	require.Contains(t, command.Stdout.String(), "messages read")
}
