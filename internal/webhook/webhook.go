// Package webhook makes the outbound call: one POST with one message, bounded
// in time from the DNS question to the last byte of the answer's body, and
// judged: accepted, to be tried again, or refused for good.
//
// Every attempt of one message carries the same Idempotency-Key and the same
// bytes, so a receiver can tell a second attempt from a second message. The
// call itself never tries twice: redirects are not followed, and a request
// whose connection broke is not replayed behind the caller's back, because
// only the caller may decide that a message goes out again.
package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"auto-message-sender/internal/models"
)

const (
	// maxReply bounds what is read of an answer's body; the rest is dropped
	// together with the connection.
	maxReply = 64 << 10
	// maxReplyHeader bounds the answer's header.
	maxReplyHeader = 64 << 10
	// idleConnTimeout is under the two minutes between two windows of the default
	// pace, so that a connection which the far side is about to drop is not used.
	idleConnTimeout = 90 * time.Second
)

// Options is where and how to call.
type Options struct {
	URL        string
	AuthHeader string // name of the header that carries AuthKey
	AuthKey    string // empty: the header is not sent
	Timeout    time.Duration
	MaxConns   int // connections kept open: as many as sends run at once
	UserAgent  string
	RootCAs    *x509.CertPool // nil: the system's
	Secrets    [][]byte       // sign every call, each on its own; none: calls are not signed
	Proxy      *url.URL       // http, https or socks5; nil: none
	Now        func() time.Time
}

// Client calls one webhook. It is safe for concurrent use.
type Client struct {
	route   route
	signer  signer
	secrets []string // to be hidden from what the webhook says
	timeout time.Duration
	now     func() time.Time
}

// route is a way to the webhook.
type route interface {
	// exchange sends one request and returns the answer's status and header; the
	// body must be closed, and is cut off at the deadline. The gate is asked before
	// the first byte, and knows afterwards how far the request has come.
	exchange(ctx context.Context, deadline time.Time, gate *gate, request outgoing) (*http.Response, error)
	// close drops the connections that are kept open.
	close()
}

// outgoing is what differs from attempt to attempt.
type outgoing struct {
	header []headerField
	body   []byte
}

// headerField is one line of a header, its name in canonical form.
type headerField struct{ name, value string }

// Request is one attempt.
type Request struct {
	ID      string // the message's id: the idempotency key
	To      string
	Content string
	// TraceParent goes along as the header of that name (W3C Trace Context); empty: none.
	TraceParent string
	// Begin is asked at the last moment before the first byte leaves; where it
	// answers false nothing is sent. The process may have been paused since the
	// caller looked. Nil means yes.
	Begin func() bool
	// Unbegun, when it ends, calls the attempt off as long as nothing has been
	// sent: while it still looks up, connects, or shakes hands. Nil means never.
	Unbegun context.Context //nolint:containedctx // beside the attempt's own, which lasts to its end
}

// New checks the options and returns a client.
func New(options Options) (*Client, error) {
	target, err := url.Parse(options.URL)
	if err != nil || (target.Scheme != "http" && target.Scheme != "https") || target.Host == "" {
		// The address itself may hold a secret, so it is not repeated.
		return nil, errors.New("webhook: the URL must look like https://sms.example.com/send")
	}
	header := http.Header{
		"Content-Type": {"application/json"},
		"User-Agent":   {options.UserAgent},
	}
	var secrets []string
	if options.AuthKey != "" {
		header.Set(options.AuthHeader, options.AuthKey)
		secrets = append(secrets, options.AuthKey)
	}
	if user := target.User; user != nil {
		password, _ := user.Password()
		request := http.Request{Header: header}
		request.SetBasicAuth(user.Username(), password)
		_, encoded, _ := strings.Cut(header.Get("Authorization"), " ")
		secrets = append(secrets, encoded, password)
		target.User = nil
	}
	client := &Client{
		signer: signer{options.Secrets}, secrets: secrets, timeout: options.Timeout, now: options.Now,
	}
	if goesDirect(target, options) {
		client.route, err = newDirect(target, header, options)
	} else {
		client.route = newTransport(target, header, options)
	}
	return client, err
}

// Send makes one attempt. It returns within the time limit, and never an error:
// whatever happens is a Reply.
func (c *Client) Send(ctx context.Context, request Request) Reply {
	started := c.now()
	reply := c.call(ctx, request, started.Add(c.timeout))
	reply.Duration = c.now().Sub(started)
	return reply
}

func (c *Client) call(ctx context.Context, request Request, deadline time.Time) Reply {
	gate := &gate{begin: request.Begin, unbegun: request.Unbegun}
	body, key := payload(request), IdempotencyKey(request.ID)
	header := []headerField{{"Idempotency-Key", key}}
	if request.TraceParent != "" {
		header = append(header, headerField{"Traceparent", request.TraceParent})
	}
	response, err := c.route.exchange(ctx, deadline, gate, outgoing{
		header: append(header, c.signer.sign(key, c.now(), body)...), body: body,
	})
	if err != nil {
		return c.failure(err, gate.progress())
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode < http.StatusContinue {
		return c.failure(errors.New("the answer has no status that HTTP knows"), begun)
	}
	return c.judge(response)
}

// Close drops the connections that are kept open.
func (c *Client) Close() { c.route.close() }

// failure is the reply of a call without an answer: err says why, progress how
// far the request had come. The words of err may repeat what the far side sent,
// so they go to Detail.
func (c *Client) failure(err error, progress progress) Reply {
	timedOut := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
	reply := Reply{Verdict: Retry, Detail: c.detail(err.Error())}
	switch {
	case progress == refused:
		return Reply{Verdict: NotBegun, Cause: CauseStopped, Reason: "stopped, draining, or too little of the lease left"}
	case progress == nothingSent:
		reply.Code, reply.Cause = models.ErrorCodeUnreachable, causeOfUnreachable(err, timedOut)
		step, cause := unreachable(err, timedOut)
		reply.Reason = step
		if cause != nil {
			reply.Reason, reply.Detail = step+": "+cause.Error(), ""
		}
	case timedOut:
		reply.Code, reply.Reason = models.ErrorCodeTimeout, "no answer within the time limit"
		reply.Unknown, reply.Cause = true, CauseTimeout
	default:
		reply.Code, reply.Reason = models.ErrorCodeConnectionLost, "the connection broke, or the answer was not HTTP"
		reply.Unknown, reply.Cause = true, causeOfLoss(err)
	}
	return reply
}

// unreachable says which step towards the webhook failed, and with it the cause
// where that is this machine's to tell and not the far side's, so that it may be logged.
func unreachable(err error, timedOut bool) (step string, cause error) {
	unresolved, atName := errors.AsType[*net.DNSError](err)
	untrusted, atTrust := errors.AsType[*tls.CertificateVerificationError](err)
	operation, atNetwork := errors.AsType[*net.OpError](err)
	switch {
	case atNetwork && operation.Op == "proxyconnect":
		return "the proxy (WEBHOOK_PROXY) cannot be reached", operation
	case timedOut:
		return "no connection to the webhook within the time limit", nil
	case atName:
		return "the webhook's host name cannot be resolved", unresolved
	case atTrust:
		return "the webhook's certificate is not trusted", untrusted
	case atNetwork && operation.Op == "dial":
		return "no connection to the webhook", operation
	default:
		return "no connection to the webhook: TLS, or another step before the request, failed", nil
	}
}
