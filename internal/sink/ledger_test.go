package sink_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/sink"
)

func TestServeHTTP_LedgerTellsOfEachCall(t *testing.T) {
	t.Parallel()
	ledger := new(bytes.Buffer)
	s := setup(t, sink.Options{Ledger: ledger, NewID: func() string { return "id-1" }})
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(message))
	request.Header.Set("Idempotency-Key", "68a795179072a717e6a17f37")
	request.Header.Set("X-Attempt", "2")
	s.ServeHTTP(httptest.NewRecorder(), request)

	sum := sha256.Sum256([]byte(message))
	require.Equal(t, []sink.Entry{{
		Time:           "2025-08-22T01:47:19.005000Z",
		IdempotencyKey: "68a795179072a717e6a17f37",
		To:             "+905551111111",
		Status:         202,
		MessageID:      "id-1",
		Attempt:        "2",
		BodySHA256:     hex.EncodeToString(sum[:]),
	}}, entries(t, ledger.Bytes()))
	require.NotContains(t, ledger.String(), "mesaj", "contents are not kept")
}

func TestServeHTTP_LedgerTellsOfCallsThatFailedOrAreNoMessage(t *testing.T) {
	t.Parallel()
	ledger := new(bytes.Buffer)
	s := setup(t, sink.Options{Ledger: ledger, FailRate: 1, Status: 503})
	post(t, s, "k1", "no JSON\n\x00")
	post(t, s, "k2", "")
	read := entries(t, ledger.Bytes())
	require.Len(t, read, 2)
	require.Equal(t, 503, read[0].Status)
	require.Empty(t, read[0].To)
	require.Empty(t, read[0].MessageID)
	require.Equal(t, "k2", read[1].IdempotencyKey)
}

// steps records what happened in which order.
type steps struct {
	http.ResponseWriter
	taken []string
	err   error // of the ledger
}

func (s *steps) WriteHeader(code int) {
	s.taken = append(s.taken, fmt.Sprintf("answer %d", code))
	s.ResponseWriter.WriteHeader(code)
}

// stepLedger is the same as a ledger.
type stepLedger struct{ *steps }

func (l stepLedger) Write(line []byte) (int, error) {
	l.taken = append(l.taken, fmt.Sprintf("ledger %d", bytes.Count(line, []byte("\n"))))
	return len(line), l.err
}

func TestServeHTTP_LedgerIsWrittenBeforeTheAnswerLeaves(t *testing.T) {
	t.Parallel()
	order := &steps{ResponseWriter: httptest.NewRecorder()}
	s := setup(t, sink.Options{Ledger: stepLedger{order}})
	s.ServeHTTP(order, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(message)))
	require.Equal(t, []string{"ledger 1", "answer 202"}, order.taken)
}

func TestServeHTTP_LedgerThatCannotBeWrittenFailsTheCall(t *testing.T) {
	t.Parallel()
	order := &steps{ResponseWriter: httptest.NewRecorder(), err: errors.New("no space left on device")}
	s := setup(t, sink.Options{Ledger: stepLedger{order}})
	s.ServeHTTP(order, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(message)))
	require.Equal(t, []string{"ledger 1", "answer 500"}, order.taken)
	require.Equal(t, sink.Summary{Received: 1, Failed: 1}, s.Summary())
}

// Two sinks on one file, as two processes would be: O_APPEND keeps lines whole.
func TestServeHTTP_ConcurrentCallsHaveOneWholeLineEach(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger")
	const callers, calls = 16, 50
	var sinks []*sink.Sink
	for range 2 {
		file, err := sink.OpenLedger(path)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, file.Close()) })
		sinks = append(sinks, setup(t, sink.Options{Ledger: file}))
	}
	var running sync.WaitGroup
	for caller := range callers {
		running.Go(func() {
			for n := range calls {
				post(t, sinks[caller%2], fmt.Sprintf("%d-%d", caller, n), message)
			}
		})
	}
	running.Wait()

	content, err := os.ReadFile(path) //nolint:gosec // of this test
	require.NoError(t, err)
	keys := map[string]bool{}
	for _, entry := range entries(t, content) {
		keys[entry.IdempotencyKey] = true
	}
	require.Len(t, keys, callers*calls)
	require.Equal(t, int64(callers*calls/2), sinks[0].Summary().Accepted)
}

// Writers that are not safe for concurrent use by themselves.
func TestServeHTTP_WritesOneLineAtATime(t *testing.T) {
	t.Parallel()
	ledger, out := new(bytes.Buffer), new(bytes.Buffer)
	s := setup(t, sink.Options{Ledger: ledger, Out: out})
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 20 {
				post(t, s, "k", message)
			}
		})
	}
	running.Wait()
	require.Len(t, entries(t, ledger.Bytes()), 160)
	require.Equal(t, 160, strings.Count(out.String(), "\n"))
}

func TestOpenLedger_AddsToWhatIsThere(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger")
	for n := range 2 {
		file, err := sink.OpenLedger(path)
		require.NoError(t, err)
		post(t, setup(t, sink.Options{Ledger: file}), "k", message)
		require.NoError(t, file.Close())
		content, err := os.ReadFile(path) //nolint:gosec // of this test
		require.NoError(t, err)
		require.Len(t, entries(t, content), n+1)
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestOpenLedger_SaysWhyNot(t *testing.T) {
	t.Parallel()
	_, err := sink.OpenLedger(filepath.Join(t.TempDir(), "missing", "ledger"))
	require.ErrorContains(t, err, "no such file or directory")
}

func FuzzServeHTTP(f *testing.F) {
	for _, seed := range []string{message, "", "{", `{"to":1}`, `{"to":"\u0000\n"}`, "\xff\xfe", `[]`, `{"to":"a","to":"b"}`} {
		f.Add(seed, "key")
	}
	f.Fuzz(func(t *testing.T, body, key string) {
		ledger, out := new(bytes.Buffer), new(bytes.Buffer)
		s := setup(t, sink.Options{Ledger: ledger, Out: out})
		require.Equal(t, http.StatusAccepted, post(t, s, key, body).Code)
		require.Len(t, entries(t, ledger.Bytes()), 1)
		require.Equal(t, 1, strings.Count(out.String(), "\n"))
		require.NotContains(t, out.String(), "\x1b")
	})
}
