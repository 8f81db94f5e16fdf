package sink_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/internal/sink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const message = `{"to":"+905551111111","content":"Test mesajı 9"}`

// setup returns a sink that accepts everything, changed by the options given.
func setup(t *testing.T, options sink.Options) *sink.Sink {
	t.Helper()
	if options.Now == nil {
		options.Now = func() time.Time { return time.Date(2025, 8, 22, 1, 47, 19, 5_000_000, time.UTC) }
	}
	if options.Draw == nil {
		options.Draw = func() float64 { return 0 }
	}
	if options.NewID == nil {
		options.NewID = uuid.NewString
	}
	s, err := sink.New(options)
	require.NoError(t, err)
	return s
}

// post sends one call with the key given, straight to the handler.
func post(t *testing.T, s *sink.Sink, key, body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/send", strings.NewReader(body))
	request.Header.Set("Idempotency-Key", key)
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, request)
	return answer
}

// entries reads a ledger.
func entries(t *testing.T, ledger []byte) []sink.Entry {
	t.Helper()
	var read []sink.Entry
	for line := range bytes.Lines(ledger) {
		var entry sink.Entry
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(&entry))
		read = append(read, entry)
	}
	return read
}
