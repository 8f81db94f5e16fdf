package wireproxy

import (
	"fmt"
	"net"
	"time"
)

// relay carries requests one way and replies the other, one at a time: drivers
// never send a second request on a connection before the first is answered.
type relay struct {
	proxy  *Proxy
	client net.Conn
	server net.Conn
}

// run relays until a side is gone, a fault closes the pair, or something cannot
// be followed. The cause is not told to anyone: the client sees its connection
// closed, as it would by a network.
func (r relay) run() {
	for {
		request, err := readMessage(r.client)
		if err != nil {
			return
		}
		command, err := request.command()
		if err != nil {
			return
		}
		reply, err := r.handle(request.withoutExhaust(), command)
		if err != nil {
			return
		}
		if _, err := r.client.Write(reply); err != nil {
			return
		}
	}
}

// handle applies the hook's fault to a command, and returns what the client gets
// for it; an error closes the connection.
func (r relay) handle(request message, command Command) (message, error) {
	fault := r.proxy.decide(command)
	if err := r.wait(fault.Delay); err != nil {
		return nil, err
	}
	if fault.Hold != nil {
		defer close(fault.Hold.done)
		if err := r.hold(fault.Hold); err != nil {
			return nil, err
		}
	}
	switch fault.Effect {
	case Cut:
		return nil, fmt.Errorf("wire proxy: %s is cut by a fault", command.Name)
	case Refuse:
		return refusal(request, fault), nil
	case Pass, LoseReply:
	}
	reply, err := r.execute(request, command.Write())
	if err == nil && fault.Effect == LoseReply {
		return nil, fmt.Errorf("wire proxy: the reply to %s is lost by a fault", command.Name)
	}
	return reply, err
}

// execute forwards a request and returns the server's reply, empty where none is
// awaited. A write holds its turn until the reply is here, even when its client
// has gone away meanwhile: the server may still be executing it.
func (r relay) execute(request message, write bool) (message, error) {
	if write {
		r.proxy.turn.Lock()
		defer r.proxy.turn.Unlock()
	}
	if _, err := r.server.Write(request); err != nil {
		return nil, fmt.Errorf("wire proxy: forward: %w", err)
	}
	if !request.awaitsReply() {
		return nil, nil
	}
	return readMessage(r.server)
}

// wait lets a delay pass, or returns an error when the proxy is closed before.
func (r relay) wait(delay time.Duration) error {
	if delay <= 0 {
		return nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.proxy.stopping.Done():
		return fmt.Errorf("wire proxy: closed: %w", r.proxy.stopping.Err())
	}
}

// hold waits until a held command is let go, or the proxy is closed.
func (r relay) hold(hold *Hold) error {
	close(hold.reached)
	select {
	case <-hold.let:
		return nil
	case <-r.proxy.stopping.Done():
		return fmt.Errorf("wire proxy: closed: %w", r.proxy.stopping.Err())
	}
}
