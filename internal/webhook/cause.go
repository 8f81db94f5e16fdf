package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// Cause says in one word of a small closed set why an attempt came to its verdict:
// what counts and traces are told apart by. It never holds anything that a message,
// or the far side, has said.
type Cause int

// The causes: a class of status or one that stands for itself, a step towards the
// answer that failed, or what kept the attempt from beginning.
const (
	causeUnknown Cause = iota // of no Reply that Send has returned
	Cause2xx
	Cause3xx
	Cause4xx
	Cause408
	Cause425
	Cause429
	Cause5xx
	CauseOtherStatus  // a number that HTTP has no class for
	CauseTimeout      // no answer, or no connection, within the time limit
	CauseDNS          // the host's name cannot be resolved
	CauseConnect      // nobody takes the connection
	CauseProxy        // WEBHOOK_PROXY cannot be reached
	CauseTLS          // the certificate is not trusted, or the handshake failed
	CauseReset        // the connection broke before the answer was there
	CauseInvalidReply // the answer is not HTTP
	CauseStopped      // not begun: stopped, draining, or too little of the lease left; or cut off by the end of the process
	CauseExpired      // not begun: the message's validity is over
	CauseBreaker      // not begun: the webhook fails as a whole, or asked for a pause
	causes            // how many there are
)

// String returns the word.
func (c Cause) String() string {
	words := []string{
		"unknown", "2xx", "3xx", "4xx", "408", "425", "429", "5xx", "other_status",
		"timeout", "dns", "connect", "proxy", "tls", "reset", "invalid_reply",
		"stopped", "expired", "breaker",
	}
	if i := int(c); 0 <= i && i < len(words) {
		return words[i]
	}
	return words[causeUnknown]
}

// Causes lists every cause.
func Causes() []Cause {
	var all []Cause
	for cause := causeUnknown + 1; cause < causes; cause++ {
		all = append(all, cause)
	}
	return all
}

// causeOfStatus returns the cause that an answer's status is.
func causeOfStatus(status int) Cause {
	switch status {
	case http.StatusRequestTimeout:
		return Cause408
	case http.StatusTooEarly:
		return Cause425
	case http.StatusTooManyRequests:
		return Cause429
	}
	switch status / 100 {
	case 2:
		return Cause2xx
	case 3:
		return Cause3xx
	case 4:
		return Cause4xx
	case 5:
		return Cause5xx
	}
	return CauseOtherStatus
}

// causeOfUnreachable names the step towards the webhook that failed.
func causeOfUnreachable(err error, timedOut bool) Cause {
	_, atName := errors.AsType[*net.DNSError](err)
	_, atTrust := errors.AsType[*tls.CertificateVerificationError](err)
	operation, atNetwork := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return CauseStopped
	case atNetwork && operation.Op == "proxyconnect":
		return CauseProxy
	case timedOut:
		return CauseTimeout
	case atName:
		return CauseDNS
	case atNetwork && operation.Op == "dial":
		return CauseConnect
	case atTrust, !atNetwork:
		return CauseTLS
	default: // a connection that broke while TLS was being agreed on
		return CauseReset
	}
}

// causeOfLoss tells a connection that broke from an answer that is not HTTP.
func causeOfLoss(err error) Cause {
	if errors.Is(err, context.Canceled) {
		return CauseStopped
	}
	_, atNetwork := errors.AsType[*net.OpError](err)
	broken := atNetwork || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	// HTTP/2 ends a stream, or the connection, in words of its own, of types that
	// net/http keeps to itself.
	if broken || strings.Contains(err.Error(), "http2:") || strings.Contains(err.Error(), "stream error") {
		return CauseReset
	}
	return CauseInvalidReply
}
