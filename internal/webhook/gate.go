package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
	"sync/atomic"
)

// errNotBegun ends a write that Request.Begin refused.
var errNotBegun = errors.New("not begun")

// progress says how far an attempt has come.
type progress int32

const (
	nothingSent progress = iota // no byte of the request has left
	begun                       // bytes may have left
	refused                     // Begin said no, or it was called off: no byte has left, and none will
)

// gate stands between an attempt and its first byte. It is asked once, when the
// request is about to be written to the connection, and remembers what it said.
type gate struct {
	begin   func() bool     // nil: yes
	unbegun context.Context //nolint:containedctx // Request.Unbegun; nil: never ends
	cancel  context.CancelFunc
	current atomic.Int32
}

// open asks whether the attempt may begin.
func (g *gate) open() bool {
	if g.begin != nil && !g.begin() {
		g.current.Store(int32(refused))
		return false
	}
	return g.current.CompareAndSwap(int32(nothingSent), int32(begun)) // unless it was called off
}

// shut takes open back: nothing has left after all.
func (g *gate) shut() { g.current.Store(int32(nothingSent)) }

// watch cancels the attempt if it is called off before it has begun; one that
// has begun goes on. The function returned ends the watch.
func (g *gate) watch(cancel context.CancelFunc) (end func() bool) {
	g.cancel = cancel
	if g.unbegun == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(g.unbegun, func() {
		if g.current.CompareAndSwap(int32(nothingSent), int32(refused)) {
			cancel()
		}
	})
}

func (g *gate) progress() progress { return progress(g.current.Load()) }

// trace puts the gate in front of the connection that the transport has chosen,
// after DNS, connecting and TLS. It is called before the request is written.
func (g *gate) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		conn := info.Conn
		if secured, ok := conn.(*tls.Conn); ok && secured.ConnectionState().NegotiatedProtocol == "h2" {
			// Many requests share it, so its writes belong to nobody. The
			// transport looks at the context once more before it writes ours.
			if !g.open() {
				g.cancel()
			}
			return
		}
		// TLS within TLS is a webhook behind a proxy that is called over TLS itself.
		for secured, ok := conn.(*tls.Conn); ok; secured, ok = conn.(*tls.Conn) {
			conn = secured.NetConn()
		}
		if gated, ok := conn.(*gatedConn); ok {
			gated.gate.Store(g)
			return
		}
		g.current.Store(int32(begun)) // a connection of unknown make: suppose the worst
	}}
}

// gatedConn asks the gate of the attempt that has the connection before the
// first byte of each request.
type gatedConn struct {
	net.Conn

	gate atomic.Pointer[gate] // nil once it has been asked
}

// Write is part of net.Conn.
func (c *gatedConn) Write(p []byte) (int, error) {
	g := c.gate.Swap(nil)
	if g != nil && !g.open() {
		return 0, errNotBegun
	}
	n, err := c.Conn.Write(p)
	if g != nil && n == 0 && err != nil {
		g.shut() // it was the first write
	}
	return n, err //nolint:wrapcheck // a connection's errors stay its own
}
