package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"
)

// serveSink is the webhook that everybody sends to: it answers every POST with
// 202 and a new messageId, after the latency. It is as lean as can be, because
// it shares the machine's processors with whoever is measured.
func serveSink(ctx context.Context, address string, latency time.Duration, out io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &fasthttp.Server{
		Handler:               func(c *fasthttp.RequestCtx) { answer(c, latency) },
		NoDefaultServerHeader: true,
		CloseOnShutdown:       true,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	_, _ = fmt.Fprintf(out, "sink listens on http://%s; Ctrl-C ends it\n", listener.Addr())
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = server.ShutdownWithContext(limited) // connections that stay are ended with the process
	return nil
}

func answer(c *fasthttp.RequestCtx, latency time.Duration) {
	if latency > 0 {
		time.Sleep(latency)
	}
	c.SetStatusCode(fasthttp.StatusAccepted)
	c.SetContentType("application/json")
	c.SetBodyString(`{"message":"Accepted","messageId":"` + uuid.NewString() + `"}`)
}
