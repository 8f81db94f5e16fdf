// Package wireproxy is a TCP proxy for the MongoDB wire protocol, used by tests
// and by tools/ferretdb, never by the service itself.
//
// It exists because MongoDB is tested here without a mongod. The stand-in,
// FerretDB with SQLite behind it, speaks the protocol, but its writes are not
// atomic: it reads, changes and writes a document in steps that those of another
// client may come between, so two claims of one message both succeed. MongoDB's
// writes are atomic per document. The proxy closes the gap by letting one write
// command (insert, update, delete, findAndModify) through at a time, over all of
// its connections, from the moment it is forwarded until its reply is read. What
// is proven behind it is our logic given atomic commands, and no more than that.
//
// It can also do to a command what a network and a failover do: execute it and
// lose the reply, cut the connection before it, delay it, or answer it with an
// error. See [Proxy.Inject].
//
// The way of a command: listen (this file) → relay, one goroutine a connection
// (relay.go) → read and name it (message.go, bson.go) → ask the hook (fault.go)
// → forward it and hand back the reply. Where either side breaks off, both
// connections of that pair are closed, as with a network that fails; a write that
// was forwarded keeps its turn until the server has answered it all the same.
package wireproxy

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// Proxy stands between MongoDB clients and one server.
type Proxy struct {
	listener net.Listener
	upstream string

	// stopping is done once Close was called; it ends delays and dials.
	stopping context.Context //nolint:containedctx // the lifetime of the proxy, which no single call has
	stop     context.CancelFunc
	relays   sync.WaitGroup

	// turn is held by the one write command that may be executing.
	turn sync.Mutex

	mu    sync.Mutex // guards the fields below
	hook  Hook
	conns map[net.Conn]struct{}
}

// Listen starts a proxy on address ("127.0.0.1:0" for any free port) in front of
// the server at upstream ("host:port"). It serves until Close; ctx bounds only
// the listening itself.
func Listen(ctx context.Context, address, upstream string) (*Proxy, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("wire proxy: listen on %s: %w", address, err)
	}
	stopping, stop := context.WithCancel(context.WithoutCancel(ctx))
	p := &Proxy{
		listener: listener,
		upstream: upstream,
		stopping: stopping,
		stop:     stop,
		conns:    make(map[net.Conn]struct{}),
	}
	p.relays.Go(p.accept)
	return p, nil
}

// Addr returns the address that clients connect to, as "host:port".
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// URI returns the connection string for the proxy. The connection is direct, so
// that a driver does not find the server behind it and go there by itself.
func (p *Proxy) URI() string { return "mongodb://" + p.Addr() + "/?directConnection=true" }

// Inject makes hook decide about every command from now on; nil lets all pass.
func (p *Proxy) Inject(hook Hook) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hook = hook
}

// Close ends all connections and waits until nothing of the proxy runs any more.
func (p *Proxy) Close() error {
	p.stop()
	err := p.listener.Close()
	p.mu.Lock()
	for conn := range p.conns {
		_ = conn.Close() // its relay ends by that; there is nobody to tell
	}
	p.mu.Unlock()
	p.relays.Wait()
	if err != nil {
		return fmt.Errorf("wire proxy: close: %w", err)
	}
	return nil
}

// accept starts a relay for every client until the listener is closed.
func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if !p.keep(client) {
			return
		}
		p.relays.Go(func() {
			defer p.drop(client)
			p.serve(client)
		})
	}
}

// serve connects to the server and relays until either side is gone.
func (p *Proxy) serve(client net.Conn) {
	server, err := (&net.Dialer{}).DialContext(p.stopping, "tcp", p.upstream)
	if err != nil {
		return // the client sees a closed connection: the server is away
	}
	if !p.keep(server) {
		return
	}
	defer p.drop(server)
	pair := relay{proxy: p, client: client, server: server}
	pair.run()
}

// keep registers a connection for Close, and closes it at once if that was called.
func (p *Proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopping.Err() != nil {
		_ = conn.Close() // never used: nothing can be lost
		return false
	}
	p.conns[conn] = struct{}{}
	return true
}

// drop closes a connection and forgets it.
func (p *Proxy) drop(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, conn)
	_ = conn.Close() // the relay is over; the other side sees the same
}

// decide asks the hook what is to become of a command.
func (p *Proxy) decide(command Command) Fault {
	p.mu.Lock()
	hook := p.hook
	p.mu.Unlock()
	if hook == nil {
		return Fault{}
	}
	return hook(command)
}
