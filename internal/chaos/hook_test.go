package chaos_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"auto-message-sender/internal/chaos"
)

// verdict is what the webhook does with a call.
type verdict struct {
	status   int           // 0: cut the connection instead
	delay    time.Duration // before the answer
	withheld bool          // the answer does not reach the sender in time
}

// hook is a webhook with a ledger. It is part of the test's process, which is
// never killed, and a call is in the ledger before anything is answered.
type hook struct {
	*httptest.Server

	decide func(key string) verdict

	mu      sync.Mutex
	calls   []chaos.Call
	waiting int // calls that are not answered yet
}

// newHook returns a webhook that does with each call what decide says.
func newHook(t *testing.T, decide func(key string) verdict) *hook {
	t.Helper()
	h := &hook{decide: decide}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

// ServeHTTP is part of http.Handler.
func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // cut off: no call that anybody could count on
	}
	sum := sha256.Sum256(body)
	key := r.Header.Get("Idempotency-Key")
	does := h.decide(key)
	call := chaos.Call{At: moment(), Key: key, Body: hex.EncodeToString(sum[:]), Status: does.status, Withheld: does.withheld}
	if does.status/100 == 2 {
		call.MessageID = uuid.NewString()
	}
	h.mu.Lock()
	h.calls = append(h.calls, call)
	h.waiting++
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		h.waiting--
		h.mu.Unlock()
	}()

	pause(r.Context(), does.delay)
	if does.status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(does.status)
	_, _ = io.WriteString(w, `{"message":"Accepted","messageId":"`+call.MessageID+`"}`)
}

// ledger returns the calls so far.
func (h *hook) ledger() []chaos.Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]chaos.Call(nil), h.calls...)
}

// count returns how many calls there were.
func (h *hook) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.calls)
}

// underway returns how many calls wait for their answers.
func (h *hook) underway() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.waiting
}

// always answers 202 at once.
func always(string) verdict { return verdict{status: http.StatusAccepted} }

// moody is a webhook as they are: mostly it accepts, after some milliseconds; now
// and then it refuses, fails, hangs up, or keeps the sender waiting for too long.
func moody(dice *rand.Rand, timeout time.Duration) func(string) verdict {
	var mu sync.Mutex
	return func(string) verdict {
		mu.Lock()
		defer mu.Unlock()
		delay := time.Duration(dice.IntN(40)) * time.Millisecond
		switch draw := dice.Float64(); {
		case draw < 0.010:
			return verdict{status: http.StatusServiceUnavailable, delay: delay}
		case draw < 0.014:
			return verdict{status: http.StatusBadRequest, delay: delay}
		case draw < 0.017: // taken, but nobody is told
			return verdict{status: http.StatusAccepted, delay: 2 * timeout, withheld: true}
		case draw < 0.020:
			return verdict{withheld: true}
		default:
			return verdict{status: http.StatusAccepted, delay: delay}
		}
	}
}
