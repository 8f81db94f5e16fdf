//go:build !unix

package webhook

// quiet cannot tell here; a connection that the far side has closed fails at its
// use.
func (c *directConn) quiet() bool { return true }

func (c *directConn) peekOnce(uintptr) bool { return true }
