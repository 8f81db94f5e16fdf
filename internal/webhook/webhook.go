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
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
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
	Now        func() time.Time
}

// Client calls one webhook. It is safe for concurrent use.
type Client struct {
	url     *url.URL
	header  http.Header // common to all calls; copied, never changed
	key     string      // to be hidden from what the webhook says
	timeout time.Duration
	// transport and not an http.Client, which would follow redirects and keep cookies.
	transport *http.Transport
	now       func() time.Time
}

// Request is one attempt.
type Request struct {
	ID      string // the message's id: the idempotency key
	To      string
	Content string
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
	if options.AuthKey != "" {
		header.Set(options.AuthHeader, options.AuthKey)
	}
	if user := target.User; user != nil {
		password, _ := user.Password()
		request := http.Request{Header: header}
		request.SetBasicAuth(user.Username(), password)
		target.User = nil
	}
	return &Client{
		url:       target,
		header:    header,
		key:       options.AuthKey,
		timeout:   options.Timeout,
		transport: newTransport(options),
		now:       options.Now,
	}, nil
}

// newTransport reaches the operator's webhook and nothing else: no proxy from
// the environment.
func newTransport(options Options) *http.Transport {
	dialer := &net.Dialer{KeepAlive: 30 * time.Second}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err //nolint:wrapcheck // told as it is
			}
			return &gatedConn{Conn: conn}, nil
		},
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: options.RootCAs},
		MaxIdleConns:           options.MaxConns,
		MaxIdleConnsPerHost:    options.MaxConns,
		IdleConnTimeout:        idleConnTimeout,
		DisableCompression:     true, // an answer is read as it comes: no decompression bombs
		MaxResponseHeaderBytes: maxReplyHeader,
	}
}

// Send makes one attempt. It returns within the time limit, and never an error:
// whatever happens is a Reply.
func (c *Client) Send(ctx context.Context, request Request) Reply {
	started := c.now()
	reply := c.call(ctx, request)
	reply.Duration = c.now().Sub(started)
	return reply
}

func (c *Client) call(ctx context.Context, request Request) Reply {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	gate := &gate{begin: request.Begin, cancel: cancel}
	if request.Unbegun != nil {
		defer context.AfterFunc(request.Unbegun, gate.callOff)() //nolint:contextcheck // it ends apart from the attempt
	}
	body := payload(request)
	httpRequest := (&http.Request{
		Method: http.MethodPost,
		URL:    c.url,
		Host:   c.url.Host,
		Header: c.headerFor(request.ID),
		// In memory, so that header and body leave in one write. No GetBody:
		// net/http would replay a request that carries an Idempotency-Key after a
		// broken connection, a second send that nobody counted.
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Proto:         "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(httptrace.WithClientTrace(ctx, gate.trace()))

	response, err := c.transport.RoundTrip(httpRequest)
	if err != nil {
		return c.failure(ctx, err, gate.progress())
	}
	defer func() { _ = response.Body.Close() }()
	return c.judge(response)
}

func (c *Client) headerFor(id string) http.Header {
	header := make(http.Header, len(c.header)+1)
	maps.Copy(header, c.header)
	header["Idempotency-Key"] = []string{IdempotencyKey(id)}
	return header
}

// Close drops the connections that are kept open.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// failure is the reply of a call without an answer: err says why, progress how
// far the request had come. The words of err may repeat what the far side sent,
// so they go to Detail.
func (c *Client) failure(ctx context.Context, err error, progress progress) Reply {
	timedOut := errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded)
	reply := Reply{Verdict: Retry, Detail: c.detail(err.Error())}
	switch {
	case progress == refused:
		return Reply{Verdict: NotBegun, Reason: "stopped, draining, or too little of the lease left"}
	case progress == nothingSent:
		reply.Code, reply.Reason = models.ErrorCodeUnreachable, unreachable(err, timedOut)
	case timedOut:
		reply.Code, reply.Reason = models.ErrorCodeTimeout, "no answer within the time limit"
		reply.Unknown = true
	default:
		reply.Code, reply.Reason = models.ErrorCodeConnectionLost, "the connection broke, or the answer was not HTTP"
		reply.Unknown = true
	}
	return reply
}

// unreachable says which step towards the webhook failed.
func unreachable(err error, timedOut bool) string {
	_, unresolved := errors.AsType[*net.DNSError](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	operation, atNetwork := errors.AsType[*net.OpError](err)
	switch {
	case timedOut:
		return "no connection to the webhook within the time limit"
	case unresolved:
		return "the webhook's host name cannot be resolved"
	case untrusted:
		return "the webhook's certificate is not trusted"
	case atNetwork && operation.Op == "dial":
		return "no connection to the webhook"
	default:
		return "no connection to the webhook: TLS, or another step before the request, failed"
	}
}
