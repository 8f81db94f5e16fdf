package e2e_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// received is one call as the webhook saw it.
type received struct {
	key, body, auth string
	at              time.Time
}

// receiver is a webhook that remembers its calls.
type receiver struct {
	*httptest.Server

	mu    sync.Mutex
	calls []received
	// answer, where set, answers instead of a 202.
	answer func(w http.ResponseWriter, r *http.Request)
}

func newReceiver(t *testing.T, answer func(w http.ResponseWriter, r *http.Request)) *receiver {
	t.Helper()
	rec := &receiver{answer: answer}
	rec.Server = httptest.NewServer(rec)
	t.Cleanup(rec.Close)
	return rec
}

// ServeHTTP is part of http.Handler.
func (rec *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key := r.Header.Get("Idempotency-Key")
	rec.mu.Lock()
	rec.calls = append(rec.calls, received{key, string(body), r.Header.Get("x-ins-auth-key"), time.Now()}) //nolint:forbidigo // real processes
	rec.mu.Unlock()
	if rec.answer != nil {
		rec.answer(w, r)
		return
	}
	rec.accept(w, key)
}

func (*receiver) accept(w http.ResponseWriter, key string) {
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"message":"Accepted","messageId":"provider-`+key+`"}`) //nolint:gosec // no browser here
}

func (rec *receiver) seen() []received {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return append([]received(nil), rec.calls...)
}

// perKey counts the calls by idempotency key.
func (rec *receiver) perKey() map[string]int {
	count := map[string]int{}
	for _, call := range rec.seen() {
		count[call.key]++
	}
	return count
}

// call returns the first call with the idempotency key.
func (rec *receiver) call(t *testing.T, key string) received {
	t.Helper()
	for _, call := range rec.seen() {
		if call.key == key {
			return call
		}
	}
	require.FailNow(t, "never called", key)
	return received{}
}
