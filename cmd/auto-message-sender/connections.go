package main

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// connections bounds how many clients are connected at once: each costs a file
// descriptor, and the calls of the webhook and the store need some too. When
// there are too many, the one that has kept us waiting longest for a request, or
// for the rest of its header, is closed. A client that asks at once is answered,
// however many others only hold a connection open.
type connections struct {
	limit int

	mu      sync.Mutex
	open    int
	waiting *list.List // of net.Conn, the longest first
	places  map[net.Conn]*list.Element
}

func newConnections(limit int) *connections {
	return &connections{limit: limit, waiting: list.New(), places: map[net.Conn]*list.Element{}}
}

// changed is a server's ConnState.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if place, waited := c.places[conn]; waited {
		c.waiting.Remove(place)
		delete(c.places, conn)
	}
	switch state {
	case http.StateNew:
		c.open++
		c.wait(conn)
		if c.open > c.limit {
			c.closeLongestWaiting()
		}
	case http.StateIdle:
		c.wait(conn)
	case http.StateClosed, http.StateHijacked:
		c.open--
	case http.StateActive:
	}
}

func (c *connections) wait(conn net.Conn) { c.places[conn] = c.waiting.PushBack(conn) }

// closeLongestWaiting closes a connection; the server notices and says so later.
// It no longer waits, so that it is not chosen twice meanwhile.
func (c *connections) closeLongestWaiting() {
	front := c.waiting.Front()
	conn, _ := c.waiting.Remove(front).(net.Conn)
	delete(c.places, conn)
	_ = conn.Close()
}
