package main

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	requestTimeout    = 20 * time.Second // what a handler may take; its answer must still be written
	writeTimeout      = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16 << 10
	maxConnections    = 2048 // of a few thousand descriptors that a process usually has; some 20 KiB each
	httpEndLimit      = 5 * time.Second
)

// server is the API's listener and what answers on it at the moment.
type server struct {
	http    *http.Server
	address string
	gate    *gate
	waiting *waiting
	failed  chan error // the server ended, and not because it was asked to
}

// waiting is what the service waits for before it can serve, for the probes.
type waiting struct{ cause atomic.Pointer[error] }

func (w *waiting) set(err error) { w.cause.Store(&err) }

// check is a handlers.Part's.
func (w *waiting) check(context.Context) error {
	if cause := w.cause.Load(); cause != nil {
		return models.Unavailable("waiting for the store, which does not answer yet", *cause)
	}
	return models.Unavailable("the store is being opened, or does not answer yet", nil)
}

// listen opens the API's port, before anything else is begun, and answers
// probes on it.
func (s *service) listen(ctx context.Context) (*server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.ServerAddress())
	if err != nil {
		return nil, fmt.Errorf("listen for the API (SERVER_HOST, SERVER_PORT): %w", err)
	}
	srv := &server{address: listener.Addr().String(), waiting: new(waiting), failed: make(chan error, 1)}
	handler, err := s.newWaitingHandler(srv.waiting)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	srv.gate = newGate(handler)
	srv.http = newHTTPServer(srv.gate, s.log)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			srv.failed <- err
		}
	}()
	s.end.add("http server", httpEndLimit, func(ctx context.Context) error {
		defer func() { <-done }()
		return srv.shutdown(ctx)
	})
	return srv, nil
}

// newHTTPServer returns a server that no client keeps busy for longer than a
// request takes.
func newHTTPServer(handler http.Handler, log logrus.FieldLogger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         newConnections(maxConnections).changed,
		ErrorLog:          stdlog.New(serverLog{log}, "", 0),
	}
}

// shutdown lets the requests under way end, and cuts off what is left when ctx
// ends. It may be called again.
func (srv *server) shutdown(ctx context.Context) error {
	if err := srv.http.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("requests were cut off: %w", err), srv.http.Close())
	}
	return nil
}

func (s *service) newWaitingHandler(w *waiting) (http.Handler, error) {
	probes, err := handlers.NewProbes(handlers.ProbesOptions{
		Parts: []handlers.Part{{Name: partStore, Required: true, Check: w.check}},
		Now:   s.process.now, Log: s.log,
	})
	if err != nil {
		return nil, fmt.Errorf("wire the probes: %w", err)
	}
	return newWaitingRouter(routerDeps{
		Log: s.log, Now: s.process.now, NewRequestID: newRequestID, RequestTimeout: requestTimeout,
		TrustedProxies: s.cfg.TrustedProxies, Origins: s.cfg.CORSAllowedOrigins, Probes: probes,
	})
}

// serverLog takes what net/http has to say: broken connections mostly.
type serverLog struct{ log logrus.FieldLogger }

// Write is part of io.Writer.
func (l serverLog) Write(line []byte) (int, error) {
	l.log.WithField("part", "http server").Debug(string(line))
	return len(line), nil
}
