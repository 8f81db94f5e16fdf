package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"
)

// transport is the route by net/http: TLS, HTTP/2, proxies.
type transport struct {
	url    *url.URL
	header http.Header // common to all requests; copied, never changed
	// tripper and not an http.Client, which would follow redirects and keep cookies.
	tripper *http.Transport
}

// newTransport reaches the operator's webhook and nothing else: through the
// operator's proxy or none, never one from the environment.
func newTransport(target *url.URL, header http.Header, options Options) *transport {
	dialer := newDialer()
	tripper := &http.Transport{
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
	if options.Proxy != nil {
		tripper.Proxy = http.ProxyURL(options.Proxy)
	}
	return &transport{url: target, header: header, tripper: tripper}
}

func (t *transport) exchange(ctx context.Context, deadline time.Time, gate *gate, request outgoing) (*http.Response, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer gate.watch(cancel)()
	response, err := t.tripper.RoundTrip((&http.Request{
		Method: http.MethodPost,
		URL:    t.url,
		Host:   t.url.Host,
		Header: t.headerFor(request),
		// In memory, so that header and body leave in one write. No GetBody:
		// net/http would replay a request that carries an Idempotency-Key after a
		// broken connection, a second send that nobody counted.
		Body:          io.NopCloser(bytes.NewReader(request.body)),
		ContentLength: int64(len(request.body)),
		Proto:         "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(httptrace.WithClientTrace(ctx, gate.trace())))
	if err != nil {
		defer cancel()
		if timedOut := ctx.Err(); errors.Is(timedOut, context.DeadlineExceeded) {
			err = errors.Join(err, timedOut) // net/http does not always say so
		}
		return nil, err
	}
	response.Body = &closingBody{response.Body, cancel}
	if response.StatusCode == http.StatusSwitchingProtocols {
		// What follows is no answer any more, and no time limit of net/http's holds for it.
		_ = response.Body.Close()
		response.Body = http.NoBody
	}
	return response, nil
}

func (t *transport) headerFor(request outgoing) http.Header {
	header := make(http.Header, len(t.header)+len(request.header))
	maps.Copy(header, t.header)
	for _, field := range request.header {
		header[field.name] = []string{field.value}
	}
	return header
}

func (t *transport) close() { t.tripper.CloseIdleConnections() }

// closingBody ends the attempt's context with its body.
type closingBody struct {
	io.ReadCloser

	cancel context.CancelFunc
}

// Close is part of io.Closer.
func (b *closingBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close() //nolint:wrapcheck // told as it is
}
