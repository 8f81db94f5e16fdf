// Package tcpproxy is a TCP proxy that can be slow, mute, or reset its connections:
// for tests, which put it in front of Redis.
//
// Toxiproxy does the same and much more, and would bring fourteen modules into this
// module's go.mod, a second logger among them. What else can happen to Redis is done
// to the real server: pkg/redisdb/redistest kills and freezes it.
package tcpproxy

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// Proxy hands connections on to one server.
type Proxy struct {
	listener net.Listener
	upstream string
	stopping context.Context //nolint:containedctx // the lifetime of the proxy, which no single call has
	stop     context.CancelFunc
	work     sync.WaitGroup

	mu      sync.Mutex // guards the fields below
	conns   map[*net.TCPConn]struct{}
	delay   time.Duration
	mute    bool
	changed chan struct{} // closed when delay or mute changes
	replies int           // chunks handed back to clients
}

// Listen starts a proxy on a free port of the loopback, in front of the server at
// upstream. It serves until Close.
func Listen(ctx context.Context, upstream string) (*Proxy, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("tcp proxy: %w", err)
	}
	p := &Proxy{listener: listener, upstream: upstream, conns: map[*net.TCPConn]struct{}{}, changed: make(chan struct{})}
	p.stopping, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	p.work.Go(p.accept)
	return p, nil
}

// Port returns the port that clients connect to, on 127.0.0.1.
func (p *Proxy) Port() int {
	address, _ := p.listener.Addr().(*net.TCPAddr)
	return address.Port
}

// Delay makes every answer come later by d, from now on; 0 is as fast as can be.
func (p *Proxy) Delay(d time.Duration) { p.change(func() { p.delay = d }) }

// Mute makes the server say nothing any more: connections are taken, and stay open,
// and no byte comes back. What was held back comes when it is no longer mute.
func (p *Proxy) Mute(mute bool) { p.change(func() { p.mute = mute }) }

func (p *Proxy) change(set func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	set()
	close(p.changed)
	p.changed = make(chan struct{})
}

// Reset ends every connection by a TCP reset, as a crashed machine's kernel does.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.SetLinger(0)
		_ = conn.Close()
	}
}

// Replies returns how many answers, or parts of them, were handed back so far.
func (p *Proxy) Replies() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.replies
}

// Close ends all connections and waits until nothing of the proxy runs any more.
func (p *Proxy) Close() error {
	p.stop()
	err := p.listener.Close()
	p.Reset()
	p.work.Wait()
	if err != nil {
		return fmt.Errorf("tcp proxy: %w", err)
	}
	return nil
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		if client, ok := conn.(*net.TCPConn); ok {
			p.work.Go(func() { p.serve(client) })
		}
	}
}

// serve joins a client to the server until either side is gone.
func (p *Proxy) serve(client *net.TCPConn) {
	defer p.drop(client)
	conn, err := (&net.Dialer{}).DialContext(p.stopping, "tcp", p.upstream)
	if err != nil {
		return
	}
	server, ok := conn.(*net.TCPConn)
	if !ok || !p.keep(client, server) {
		_ = conn.Close()
		return
	}
	defer p.drop(server)
	p.work.Go(func() {
		relay(server, client, func() bool { return true })
		_ = server.Close() // ends the other direction
	})
	relay(client, server, p.mayAnswer)
}

// relay copies one direction, each part once it may pass.
func relay(to, from *net.TCPConn, may func() bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil || !may() {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// mayAnswer waits as an answer has to, and reports whether there still is a proxy.
func (p *Proxy) mayAnswer() bool {
	for {
		p.mu.Lock()
		delay, mute, changed := p.delay, p.mute, p.changed
		if !mute && delay == 0 {
			p.replies++
			p.mu.Unlock()
			return p.stopping.Err() == nil
		}
		p.mu.Unlock()
		var passed <-chan time.Time
		if !mute {
			passed = time.After(delay)
		}
		select {
		case <-passed:
			p.mu.Lock()
			p.replies++
			p.mu.Unlock()
			return true
		case <-changed:
		case <-p.stopping.Done():
			return false
		}
	}
}

// keep registers connections for Reset and Close; false once the proxy is closed.
func (p *Proxy) keep(conns ...*net.TCPConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopping.Err() != nil {
		return false
	}
	for _, conn := range conns {
		p.conns[conn] = struct{}{}
	}
	return true
}

func (p *Proxy) drop(conn *net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, conn)
	_ = conn.Close() // the other side sees it
}
