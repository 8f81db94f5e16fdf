package sink

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// print shows the call to a person, on one line.
func (s *Sink) print(c call) {
	if s.options.Out == nil {
		return
	}
	s.printing.Lock()
	defer s.printing.Unlock()
	// A terminal that is gone is no reason to refuse the call.
	_, _ = fmt.Fprintf(s.options.Out, "%s  %d %s  to %s  %q  key %s\n",
		c.at.Format("15:04:05.000"), c.status, http.StatusText(c.status), printable(c.to), c.content, printable(c.key))
}

// printable keeps what a stranger sends from steering the terminal.
func printable(text string) string {
	if text == "" {
		return "-"
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r == ' ' || !strconv.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

// wait returns after the latency, or as soon as nobody waits for the answer any
// more, or the sink is to end.
func wait(ctx context.Context, latency time.Duration) {
	if latency <= 0 {
		return
	}
	timer := time.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// answer sends what was decided.
func (s *Sink) answer(w http.ResponseWriter, c call) {
	if !isAccepted(c.status) {
		if s.retryAfter != "" {
			w.Header().Set("Retry-After", s.retryAfter)
		}
		answerError(w, c.status, "the sink was told to answer so")
		return
	}
	if !hasBody(c.status) {
		w.WriteHeader(c.status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(c.status)
	// A sender that is gone has its line in the ledger all the same.
	_, _ = w.Write([]byte(`{"message":"Accepted","messageId":"` + c.messageID + `"}`))
}

// answerError sends an error; its text must need no escapes in JSON.
func answerError(w http.ResponseWriter, status int, text string) {
	if !hasBody(status) {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"error":"` + text + `"}`))
}

// hasBody reports whether an answer of this status may have one (RFC 9110, 6.4.1).
func hasBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}
