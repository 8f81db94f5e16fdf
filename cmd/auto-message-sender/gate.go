package main

import (
	"net/http"
	"sync/atomic"
)

// gate is the server's handler: one that only answers probes while the store
// is waited for, then the whole API. So the process can be asked how it is from
// its first moment on, and nothing behind the API ever sees half a service.
type gate struct {
	current atomic.Pointer[http.Handler]
}

func newGate(waiting http.Handler) *gate {
	g := new(gate)
	g.open(waiting)
	return g
}

// open lets the handler answer from now on.
func (g *gate) open(handler http.Handler) { g.current.Store(&handler) }

// ServeHTTP is part of http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	(*g.current.Load()).ServeHTTP(w, r)
}
