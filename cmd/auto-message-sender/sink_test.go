package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startSink runs a sink on a free port. End sends the signal of Ctrl-C, and
// returns the exit code; a test that fails before ends the sink too.
func startSink(t *testing.T, args ...string) (term *terminal, address string, end func() int) {
	t.Helper()
	term = setup(t, nil)
	codes := make(chan int, 1)
	var running sync.WaitGroup
	running.Go(func() { codes <- term.run(t, append([]string{"sink", "--addr", "127.0.0.1:0"}, args...)...) })
	t.Cleanup(running.Wait)
	listens := regexp.MustCompile(`^sink listens on (http://127\.0\.0\.1:\d+);`)
	require.Eventually(t, func() bool { return listens.MatchString(term.stdout.String()) }, 10*time.Second, time.Millisecond)
	return term, listens.FindStringSubmatch(term.stdout.String())[1], func() int {
		term.signals <- os.Interrupt
		return <-codes
	}
}

func postMessage(t *testing.T, address string) (status int, retryAfter string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address,
		strings.NewReader(`{"to":"+905551111111","content":"Merhaba"}`))
	require.NoError(t, err)
	request.Header.Set("Idempotency-Key", "k1")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode, response.Header.Get("Retry-After")
}

func TestSink_ShowsCallsAndEndsWithASummary(t *testing.T) {
	t.Parallel()
	term, address, end := startSink(t)
	postMessage(t, address)
	postMessage(t, address)
	require.Equal(t, exitDone, end())
	call := `01:47:19.000  202 Accepted  to +905551111111  "Merhaba"  key k1` + "\n"
	require.Equal(t, "sink listens on "+address+"; Ctrl-C ends it\n"+call+call+
		"sink ended: received 2, accepted 2, failed 0\n", term.stdout.String())
	require.Empty(t, term.stderr.String())
}

func TestSink_QuietShowsNoCall(t *testing.T) {
	t.Parallel()
	term, address, end := startSink(t, "--quiet")
	postMessage(t, address)
	require.Equal(t, exitDone, end())
	require.NotContains(t, term.stdout.String(), "Merhaba")
	require.Contains(t, term.stdout.String(), "sink ended: received 1, accepted 1, failed 0\n")
}

func TestSink_StatusIsForAllCallsUnlessAShareIsGiven(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args       []string
		status     int
		retryAfter string
	}{
		"status alone":           {[]string{"--status", "503", "--retry-after", "2s"}, 503, "2"},
		"status, none fails":     {[]string{"--status", "503", "--fail-rate", "0"}, 202, ""},
		"all fail, status unset": {[]string{"--fail-rate", "1"}, 500, ""},
		"another success":        {[]string{"--status", "200"}, 200, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, address, end := startSink(t, test.args...)
			status, retryAfter := postMessage(t, address)
			require.Equal(t, test.status, status)
			require.Equal(t, test.retryAfter, retryAfter)
			require.Equal(t, exitDone, end())
		})
	}
}

func TestSink_KeepsALedger(t *testing.T) {
	t.Parallel()
	ledger := filepath.Join(t.TempDir(), "ledger.jsonl")
	_, address, end := startSink(t, "--ledger", ledger, "--latency", "1ms")
	postMessage(t, address)
	require.Equal(t, exitDone, end())
	content, err := os.ReadFile(ledger) //nolint:gosec // of this test
	require.NoError(t, err)
	require.Regexp(t, `^\{"time":"2025-08-22T01:47:19\.000000Z","idempotency_key":"k1","to":"\+905551111111","status":202,`+
		`"message_id":"[0-9a-f-]{36}","body_sha256":"[0-9a-f]{64}"\}\n$`, string(content))
}

func TestSink_RefusesWrongFlags(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, taken.Close()) })
	tests := map[string]struct {
		args []string
		says []string
	}{
		"fail rate":     {[]string{"--fail-rate", "1.5"}, []string{"fail-rate must be from 0 to 1, not 1.5"}},
		"no fail rate":  {[]string{"--fail-rate", "often"}, []string{`invalid argument "often" for "--fail-rate"`}},
		"status":        {[]string{"--status", "99"}, []string{"status must be from 200 to 599, not 99"}},
		"status 0":      {[]string{"--status", "0"}, []string{"status must be from 200 to 599, not 0"}},
		"latency":       {[]string{"--latency", "-1s"}, []string{"latency must not be negative"}},
		"no latency":    {[]string{"--latency", "20"}, []string{`invalid argument "20" for "--latency"`}},
		"retry after":   {[]string{"--retry-after", "-1s"}, []string{"retry-after must not be negative"}},
		"several":       {[]string{"--latency", "-1s", "--status", "600"}, []string{"latency must", "error: status must"}},
		"ledger":        {[]string{"--ledger", "/does/not/exist/ledger"}, []string{"--ledger", "no such file or directory"}},
		"address":       {[]string{"--addr", "127.0.0.1"}, []string{"--addr", "missing port"}},
		"address taken": {[]string{"--addr", taken.Addr().String()}, []string{"--addr", "address already in use"}},
		"argument":      {[]string{"9090"}, []string{"sink takes no arguments"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			term := setup(t, nil)
			want := exitFailed
			if name == "no fail rate" || name == "no latency" || name == "argument" {
				want = exitConfiguration // as with any command
			}
			require.Equal(t, want, term.run(t, append([]string{"sink"}, test.args...)...))
			for _, text := range test.says {
				require.Contains(t, term.stderr.String(), text)
			}
			require.Empty(t, term.stdout.String())
		})
	}
}
