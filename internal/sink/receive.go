package sink

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

const (
	// maxBody is far more than a message has.
	maxBody = 1 << 20
	// attemptHeader is where a sender may say which attempt it makes.
	attemptHeader = "X-Attempt"
)

// call is one POST, and what was decided on it.
type call struct {
	at      time.Time
	key     string // Idempotency-Key
	attempt string // as the sender says, often nothing
	body    []byte
	to      string // empty where the body is no message
	content string

	status    int
	messageID string // of an accepted call
}

// ServeHTTP takes one call.
func (s *Sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		answerError(w, http.StatusMethodNotAllowed, "the sink takes POST")
		return
	}
	received, err := s.receive(w, r)
	if err != nil {
		// Cut off or far too long: not a call that anybody could count on.
		answerError(w, http.StatusBadRequest, "the body cannot be read")
		return
	}
	s.decide(&received)
	if err := s.enter(received); err != nil {
		received.status = http.StatusInternalServerError
		s.count(received.status)
		answerError(w, received.status, "the ledger cannot be written")
		return
	}
	s.count(received.status)
	s.print(received)
	wait(r.Context(), s.options.Latency)
	s.answer(w, received)
}

// receive reads the call to its last byte.
func (s *Sink) receive(w http.ResponseWriter, r *http.Request) (call, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return call{}, err //nolint:wrapcheck // only whether there is one matters
	}
	received := call{
		at:      s.options.Now(),
		key:     r.Header.Get("Idempotency-Key"),
		attempt: r.Header.Get(attemptHeader),
		body:    body,
	}
	if s.options.Ledger != nil || s.options.Out != nil {
		received.to, received.content = message(body)
	}
	return received, nil
}

// message returns what a body says, as far as it says anything: a sink that
// refused odd bodies could not show them.
func message(body []byte) (to, content string) {
	var parsed struct {
		To      string `json:"to"`
		Content string `json:"content"`
	}
	_ = json.Unmarshal(body, &parsed)
	return parsed.To, parsed.Content
}

// decide says what the call will be answered.
func (s *Sink) decide(c *call) {
	c.status = http.StatusAccepted
	if s.options.FailRate > 0 && s.options.Draw() < s.options.FailRate {
		c.status = s.options.Status
	}
	if isAccepted(c.status) {
		c.messageID = s.options.NewID()
	}
}
