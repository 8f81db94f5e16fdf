//go:build unix

package webhook

import (
	"errors"
	"syscall"
)

// quiet reports whether an idle connection is open and nothing has come in on
// it: the far side has not closed it, and has not said what would be taken for
// the answer to the next request.
func (c *directConn) quiet() bool {
	if c.raw == nil {
		return true
	}
	c.silent = false
	return c.raw.Read(c.peek) == nil && c.silent
}

// peekOnce looks at the socket without waiting.
func (c *directConn) peekOnce(fd uintptr) bool {
	var one [1]byte
	_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	c.silent = errors.Is(err, syscall.EAGAIN)
	return true
}
