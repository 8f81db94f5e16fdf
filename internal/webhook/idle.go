package webhook

import (
	"sync"
	"time"
)

// idleConns keeps connections open between attempts. The one used last is taken
// first, so that those which are too many grow old and are closed.
type idleConns struct {
	limit int
	now   func() time.Time

	mu     sync.Mutex
	conns  []*directConn // by since
	expiry *time.Timer   // nil: none is kept
	closed bool
}

func newIdleConns(limit int, now func() time.Time) *idleConns {
	return &idleConns{limit: limit, now: now}
}

// take returns a connection that can be used until the deadline, nil if there is
// none.
func (i *idleConns) take(deadline time.Time) *directConn {
	for {
		conn := i.pop()
		if conn == nil {
			return nil
		}
		fresh := i.now().Sub(conn.since) < idleConnTimeout
		if fresh && conn.SetDeadline(deadline) == nil && conn.quiet() {
			return conn
		}
		conn.drop()
	}
}

func (i *idleConns) pop() *directConn {
	i.mu.Lock()
	defer i.mu.Unlock()
	last := len(i.conns) - 1
	if last < 0 {
		return nil
	}
	conn := i.conns[last]
	i.conns[last] = nil
	i.conns = i.conns[:last]
	return conn
}

// put keeps a connection, or closes it where there are enough.
func (i *idleConns) put(conn *directConn) {
	conn.since = i.now()
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed || len(i.conns) >= i.limit {
		conn.drop()
		return
	}
	i.conns = append(i.conns, conn)
	if i.expiry == nil {
		i.expiry = time.AfterFunc(idleConnTimeout, i.expire)
	}
}

// expire closes what has been idle for too long, and comes again for the rest.
func (i *idleConns) expire() {
	i.mu.Lock()
	defer i.mu.Unlock()
	old := 0
	for ; old < len(i.conns) && i.now().Sub(i.conns[old].since) >= idleConnTimeout; old++ {
		i.conns[old].drop()
	}
	left := copy(i.conns, i.conns[old:])
	clear(i.conns[left:])
	i.conns = i.conns[:left]
	i.expiry = nil
	if left > 0 && !i.closed {
		i.expiry = time.AfterFunc(idleConnTimeout-i.now().Sub(i.conns[0].since), i.expire)
	}
}

// close closes what is kept; nothing is kept any more.
func (i *idleConns) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	if i.expiry != nil {
		i.expiry.Stop()
	}
	for _, conn := range i.conns {
		conn.drop()
	}
	i.conns = nil
}
