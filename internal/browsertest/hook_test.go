package browsertest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/sink"
)

// refusal is what the webhook says of a content that begins with "refuse".
const refusal = `<b>no such subscriber</b> <img src=x onerror="window.__pwned=1">`

// hook is the webhook: our sink, which takes everything but contents that begin with
// "refuse" (400, with a hostile error text) or "stumble" (503, every time), and numbers that
// end in 0404 and 0503, for the same reasons in friendlier words.
type hook struct {
	*httptest.Server

	sink *sink.Sink
}

func newHook(t *testing.T) *hook {
	t.Helper()
	accepting, err := sink.New(sink.Options{Now: time.Now, Draw: func() float64 { return 1 }, NewID: uuid.NewString}) //nolint:forbidigo // real processes
	require.NoError(t, err)
	h := &hook{sink: accepting}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

// ServeHTTP is part of http.Handler.
func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var message struct {
		To      string `json:"to"`
		Content string `json:"content"`
	}
	_ = json.Unmarshal(body, &message)
	switch {
	case strings.HasPrefix(message.Content, "refuse"):
		http.Error(w, refusal, http.StatusBadRequest)
	case strings.HasSuffix(message.To, "0404"):
		http.Error(w, "no such subscriber", http.StatusBadRequest)
	case strings.HasSuffix(message.To, "0503"):
		http.Error(w, "upstream carrier is away", http.StatusServiceUnavailable)
	case strings.HasPrefix(message.Content, "stumble"):
		http.Error(w, "out of order", http.StatusServiceUnavailable)
	default:
		r.Body = io.NopCloser(bytes.NewReader(body))
		h.sink.ServeHTTP(w, r)
	}
}
