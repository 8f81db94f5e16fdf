package sink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// endLimit bounds what the end waits for: answers that are being sent, since
// those that still wait out their latency are sent at once.
const endLimit = 5 * time.Second

// Run serves on the listener until ctx ends, and closes it. It returns nil when
// it ended because ctx did. No goroutine of it is left when it returns, but for
// connections that did not let go within five seconds.
func (s *Sink) Run(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           s,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // broken connections are what tests are made of
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	select {
	case err := <-served:
		return fmt.Errorf("serve the sink: %w", err)
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
	defer cancel()
	if err := server.Shutdown(limited); err != nil {
		_ = server.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the sink: %w", err)
	}
	return nil
}
