package browsertest_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // "sqlite"

	"auto-message-sender/internal/e2e/program"
)

// Keys that a service with people has.
const (
	readerKey   = "rita-0123456789abcdef"
	senderKey   = "sam-0123456789abcdef"
	operatorKey = "olga-0123456789abcdef"
	people      = "rita:reader:" + readerKey + ",sam:sender:" + senderKey + ",olga:operator:" + operatorKey
)

// settings of a service, by their names.
type settings map[string]string

// service is one run of the program, with the embedded store.
type service struct {
	*program.Process

	t    *testing.T
	hook *hook
	with settings
	// key is what the test itself calls with; empty: the service asks for none.
	key string
}

// serve starts the service on a free port and waits until it is ready. Nothing goes out
// until somebody starts the scheduler; then all does at once, unless the settings say so.
func serve(t *testing.T, more settings) *service {
	t.Helper()
	browserOf(t) // is there none, nothing needs to be built
	s := &service{t: t, hook: newHook(t)}
	s.with = settings{
		"SERVER_PORT": strconv.Itoa(program.FreePort(t)), "RATE_LIMIT": "100000/1s", "DATA_DIR": t.TempDir(),
		"WEBHOOK_URL": s.hook.URL, "LOG_LEVEL": "warn", "MESSAGES_PER_INTERVAL": "0", "REPLICA_ID": "kestrel-1",
	}
	maps.Copy(s.with, more)
	if s.with["API_KEYS"] != "" {
		s.key = operatorKey
	}
	s.start()
	return s
}

// start runs the program, again if it has ended.
func (s *service) start() {
	s.t.Helper()
	path, err := binary()
	require.NoError(s.t, err)
	s.Process = program.Start(s.t, path, s.with)
	p := s.Process
	s.t.Cleanup(func() {
		p.Kill()
		if s.t.Failed() {
			s.t.Logf("the service printed:\n%s%s", p.Stdout.String(), p.Stderr.String())
		}
	})
	require.Eventually(s.t, func() bool {
		status, _, err := s.try(http.MethodGet, "/readyz", "")
		return err == nil && status == http.StatusOK
	}, patience, tick, "it never gets ready")
}

// try makes one request.
func (s *service) try(method, path, body string) (int, []byte, error) {
	request, err := http.NewRequestWithContext(context.Background(), method, s.URL(path), strings.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("make a request: %w", err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if s.key != "" {
		request.Header.Set("Authorization", "Bearer "+s.key)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("call: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, nil, fmt.Errorf("read the answer: %w", err)
	}
	return answer.StatusCode, text, nil
}

// call is a request to the API that must succeed.
func (s *service) call(method, path, body string) map[string]any {
	s.t.Helper()
	status, text, err := s.try(method, "/api/v1"+path, body)
	require.NoError(s.t, err)
	require.Less(s.t, status, 300, "%s %s: %s", method, path, text)
	var answer map[string]any
	require.NoError(s.t, json.Unmarshal(text, &answer), "%s", text)
	return answer
}

// accept puts a message in, with more fields such as `"reference":"r1"`, and returns its id.
func (s *service) accept(to, content string, more ...string) string {
	s.t.Helper()
	fields := []string{fmt.Sprintf(`"to":%q`, to), `"content":` + quoted(content)}
	answer := s.call(http.MethodPost, "/messages", "{"+strings.Join(append(fields, more...), ",")+"}")
	id, ok := answer["id"].(string)
	require.True(s.t, ok, "%v", answer)
	return id
}

// batch puts messages in, a JSON object on each line.
func (s *service) batch(lines string) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL("/api/v1/messages/batch"), strings.NewReader(lines))
	require.NoError(s.t, err)
	request.Header.Set("Content-Type", "application/x-ndjson")
	request.Header.Set("Authorization", "Bearer "+s.key)
	if s.key == "" {
		request.Header.Del("Authorization")
	}
	answer, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, answer.Body.Close())
	require.Less(s.t, answer.StatusCode, 300, "%s", text)
	require.Contains(s.t, string(text), `"refused":0`)
}

// quoted returns a text as JSON.
func quoted(text string) string {
	encoded, _ := json.Marshal(text) //nolint:errchkjson // a string can always be encoded
	return string(encoded)
}

// message returns a message as the API has it.
func (s *service) message(id string) map[string]any {
	s.t.Helper()
	return s.call(http.MethodGet, "/messages/"+id, "")
}

// count returns how many messages have a status.
func (s *service) count(status string) int {
	s.t.Helper()
	counts, ok := s.call(http.MethodGet, "/scheduler", "")["counts"].(map[string]any)
	require.True(s.t, ok)
	n, ok := counts[status].(float64)
	require.True(s.t, ok, "%v", counts)
	return int(n)
}

// waitCount waits until so many messages have a status.
func (s *service) waitCount(n int, status string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.count(status) == n }, patience, tick, "never %d %s", n, status)
}

// logs returns the audit trail, the newest entry first.
func (s *service) logs() []map[string]any {
	s.t.Helper()
	list, ok := s.call(http.MethodGet, "/scheduler/logs", "")["logs"].([]any)
	require.True(s.t, ok)
	var entries []map[string]any
	for _, each := range list {
		entry, ok := each.(map[string]any)
		require.True(s.t, ok)
		entries = append(entries, entry)
	}
	return entries
}

// exec writes into the store, as somebody with a shell does.
func (s *service) exec(query string, arguments ...any) {
	s.t.Helper()
	database := s.open()
	_, err := database.ExecContext(s.t.Context(), query, arguments...)
	require.NoError(s.t, err)
	require.NoError(s.t, database.Close())
}

// cell reads one value from the store; NULL is nil.
func (s *service) cell(query string, arguments ...any) any {
	s.t.Helper()
	database := s.open()
	var value any
	require.NoError(s.t, database.QueryRowContext(s.t.Context(), query, arguments...).Scan(&value))
	require.NoError(s.t, database.Close())
	return value
}

func (s *service) open() *sql.DB {
	s.t.Helper()
	database, err := sql.Open("sqlite", "file:"+filepath.Join(s.with["DATA_DIR"], "messages.db")+"?_pragma=busy_timeout(10000)")
	require.NoError(s.t, err)
	return database
}
