package webhook

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"
)

// errTooLong ends an answer of which no more is read.
var errTooLong = errors.New("the answer is too long")

// directConn is a connection to the webhook. It belongs to one attempt at a
// time, and lies among the idle ones in between.
type directConn struct {
	net.Conn

	raw    syscall.RawConn // nil: not to be had
	reader *bufio.Reader   // reads through Read
	asked  http.Request    // what net/http must know of a request to parse its answer
	left   int             // bytes of the answer that may still be read
	broken error           // what ended reading
	buffer []byte          // the request as it was sent last, to be written over
	since  time.Time       // among the idle ones

	// What quiet needs, kept so that asking costs no memory.
	peek   func(fd uintptr) bool
	silent bool
}

func newDirectConn(conn net.Conn) *directConn {
	c := &directConn{Conn: conn, asked: http.Request{Method: http.MethodPost}}
	c.reader = bufio.NewReader(c)
	if system, ok := conn.(syscall.Conn); ok {
		c.raw, _ = system.SyscallConn()
	}
	c.peek = c.peekOnce
	return c
}

// Read is part of net.Conn. It reads no more than the answer may be long.
func (c *directConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		c.broken = errTooLong
		return 0, errTooLong
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	c.broken = err
	return n, err //nolint:wrapcheck // a connection's errors stay its own
}

// readResponse reads status and header of the answer, after those that only
// announce it.
func (c *directConn) readResponse() (*http.Response, error) {
	c.left = maxReplyHeader
	for range maxInformational + 1 {
		response, err := http.ReadResponse(c.reader, &c.asked)
		if err != nil {
			if c.broken != nil && !errors.Is(err, c.broken) {
				err = errors.Join(err, c.broken) // half a header is malformed; what cut it off says more
			}
			return nil, err
		}
		announces := response.StatusCode >= 100 && response.StatusCode < 200
		if !announces || response.StatusCode == http.StatusSwitchingProtocols {
			c.left = maxReply + maxReplyHeader // the chunks' own lines count too
			return response, nil
		}
	}
	return nil, errors.New("too many informational answers")
}

// cutOff ends reads and writes under way.
func (c *directConn) cutOff() { _ = c.SetDeadline(time.Unix(1, 0)) }

// drop closes the connection for good.
func (c *directConn) drop() { _ = c.Close() }
