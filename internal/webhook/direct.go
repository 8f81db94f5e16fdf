package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	// keepAlive is how often an idle connection is asked whether it still stands.
	keepAlive = 30 * time.Second
	// maxInformational bounds the 1xx answers before the answer.
	maxInformational = 5
)

func newDialer() *net.Dialer { return &net.Dialer{KeepAlive: keepAlive} }

// direct is the route for plain HTTP/1.1: an attempt writes to its connection
// and reads from it itself. net/http's Transport has two goroutines for each
// connection between the two, which costs more than everything else about a
// request. The header of requests comes from net/http once, and answers are
// parsed by it, so that what is odd about HTTP stays where it is known best.
type direct struct {
	address string // host:port to connect to
	head    []byte // request line and the header common to all requests
	dialer  *net.Dialer
	idle    *idleConns
}

// goesDirect reports whether the webhook is reached without TLS and proxy, and
// by a name that needs no translation.
func goesDirect(target *url.URL, options Options) bool {
	for _, char := range target.Host {
		if char > '~' {
			return false // net/http knows how such a name is written
		}
	}
	return target.Scheme == "http" && options.Proxy == nil
}

func newDirect(target *url.URL, header http.Header, options Options) (*direct, error) {
	request := http.Request{
		Method: http.MethodPost, URL: target, Host: target.Host, Header: header,
		Body: http.NoBody,
	}
	var head bytes.Buffer
	if err := request.Write(&head); err != nil {
		return nil, fmt.Errorf("webhook: the URL or a header cannot be sent: %w", err)
	}
	common := bytes.Replace(head.Bytes(), []byte("Content-Length: 0\r\n"), nil, 1) // each request has its own
	port := target.Port()
	if port == "" {
		port = "80"
	}
	return &direct{
		address: net.JoinHostPort(target.Hostname(), port),
		head:    bytes.TrimSuffix(common, []byte("\r\n")),
		dialer:  newDialer(),
		idle:    newIdleConns(options.MaxConns, options.Now),
	}, nil
}

func (d *direct) close() { d.idle.close() }

func (d *direct) exchange(ctx context.Context, deadline time.Time, gate *gate, request outgoing) (*http.Response, error) {
	if ctx.Err() != nil {
		return nil, cutOff(ctx)
	}
	conn, err := d.send(ctx, deadline, gate, request)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, conn.cutOff)
	response, err := conn.readResponse()
	if err != nil {
		stop()
		conn.drop()
		if ctx.Err() != nil {
			return nil, cutOff(ctx) // what the connection says of that is an echo
		}
		return nil, err
	}
	response.Body = &directBody{
		ReadCloser: response.Body, conn: conn, idle: d.idle, untouched: stop,
		mayStay: !response.Close && response.StatusCode != http.StatusSwitchingProtocols,
	}
	return response, nil
}

func cutOff(ctx context.Context) error { return fmt.Errorf("cut off: %w", context.Cause(ctx)) }

// send writes the request to a connection that is kept open, or to a new one.
// Where the first write to a kept one fails nothing has left, so that a new one
// is tried instead.
func (d *direct) send(ctx context.Context, deadline time.Time, gate *gate, request outgoing) (*directConn, error) {
	for {
		conn := d.idle.take(deadline)
		kept := conn != nil
		if !kept {
			var err error
			if conn, err = d.connect(ctx, deadline, gate); err != nil {
				return nil, err
			}
		}
		if !gate.open() {
			d.idle.put(conn)
			return nil, errNotBegun
		}
		written, err := conn.Write(d.compose(conn, request))
		if err == nil {
			return conn, nil
		}
		conn.drop()
		if written == 0 {
			gate.shut()
		}
		if written > 0 || !kept {
			return nil, err //nolint:wrapcheck // told as it is
		}
	}
}

// connect opens a connection, unless the attempt is called off meanwhile.
func (d *direct) connect(ctx context.Context, deadline time.Time, gate *gate) (*directConn, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	defer gate.watch(cancel)()
	conn, err := d.dialer.DialContext(ctx, "tcp", d.address)
	if err != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return newDirectConn(conn), nil
}

// compose puts the request together, in the connection's buffer.
func (d *direct) compose(conn *directConn, request outgoing) []byte {
	text := conn.buffer[:0]
	text = append(text, d.head...)
	for _, field := range request.header {
		text = append(text, field.name...)
		text = append(text, ": "...)
		text = append(text, field.value...)
		text = append(text, "\r\n"...)
	}
	text = append(text, "Content-Length: "...)
	text = strconv.AppendInt(text, int64(len(request.body)), 10)
	text = append(text, "\r\n\r\n"...)
	text = append(text, request.body...)
	conn.buffer = text
	return conn.buffer
}

// directBody is an answer's body. Closing it gives the connection back where the
// answer was read to its end and nothing follows it.
type directBody struct {
	io.ReadCloser

	conn      *directConn
	idle      *idleConns
	untouched func() bool // reports that the connection was not cut off, and will not be
	mayStay   bool        // the far side keeps the connection open
	ended     bool
}

// Read is part of io.Reader.
func (b *directBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || errors.Is(err, io.EOF)
	return n, err //nolint:wrapcheck // io.EOF must stay itself
}

// Close is part of io.Closer. What has not been read goes with the connection.
func (b *directBody) Close() error {
	if b.untouched() && b.mayStay && b.ended && b.conn.reader.Buffered() == 0 {
		b.idle.put(b.conn)
		return nil
	}
	b.conn.drop()
	return nil
}
