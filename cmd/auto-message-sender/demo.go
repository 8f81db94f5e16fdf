package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"auto-message-sender/internal/config"
	"auto-message-sender/internal/sink"
	"auto-message-sender/pkg/logger"
)

const (
	demoMessages = 24
	demoInterval = 5 * time.Second
	demoPort     = 8080
	// demoFailRate makes the demo's webhook refuse now and then, so that a retry can be seen.
	demoFailRate = 0.1
)

func newDemoCommand(p process) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show the service at work: a temporary store, a sink and some messages; needs no settings",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), p)
		},
	}
}

// demo runs the service on a temporary store against a sink of its own, and
// gives it messages through its API, until ctx ends.
func demo(ctx context.Context, p process) (err error) {
	dir, err := os.MkdirTemp("", "auto-message-sender-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	hook, err := newDemoSink(ctx, p)
	if err != nil {
		return err
	}
	cfg, err := demoConfig(ctx, p, dir, hook.url)
	if err != nil {
		return err
	}
	log, err := logger.New(logger.Options{Level: cfg.LogLevel, Format: cfg.LogFormat, Out: p.stderr})
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}

	// The sink must answer until the last send has ended, so it ends after the service.
	sinkCtx, endSink := context.WithCancel(context.WithoutCancel(ctx))
	sinkEnded := make(chan error, 1)
	go func() { sinkEnded <- hook.sink.Run(sinkCtx, hook.listener) }()

	ctx, cancel := context.WithCancel(ctx)
	ready, served := make(chan struct{}), make(chan error, 1)
	service := newService(p, cfg, log)
	service.onReady = func() { close(ready) }
	go func() {
		defer cancel() // what fills the demo need not wait for a service that is gone
		served <- service.run(ctx)
	}()
	select {
	case <-ready:
		if fillErr := fillDemo(ctx, p, "http://"+cfg.ServerAddress(), dir); fillErr != nil && ctx.Err() == nil {
			err = fillErr
			cancel()
		}
	case <-ctx.Done():
	}
	err = errors.Join(err, <-served)
	endSink()
	err = errors.Join(err, <-sinkEnded)
	_, _ = fmt.Fprintf(p.stdout, "\ndemo ended: %s\n", hook.sink.Summary())
	return err
}

type demoSink struct {
	sink     *sink.Sink
	listener net.Listener
	url      string
}

func newDemoSink(ctx context.Context, p process) (*demoSink, error) {
	s, err := sink.New(sink.Options{
		Latency: 50 * time.Millisecond, FailRate: demoFailRate, Status: http.StatusServiceUnavailable,
		Out: p.stdout, Now: p.now, Draw: rand.Float64, NewID: uuid.NewString,
	})
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return &demoSink{sink: s, listener: listener, url: "http://" + listener.Addr().String()}, nil
}

// demoConfig takes nothing from the environment but the API's port and the
// form of the log.
func demoConfig(ctx context.Context, p process, dir, webhookURL string) (config.Config, error) {
	environ := map[string]string{
		"WEBHOOK_URL": webhookURL, "DATA_DIR": dir, "SCHEDULER_INTERVAL": demoInterval.String(),
		"SERVER_PORT": p.environ["SERVER_PORT"], "LOG_LEVEL": p.environ["LOG_LEVEL"], "LOG_FORMAT": p.environ["LOG_FORMAT"],
		"REPLICA_ID": "demo", "RATE_LIMIT": "1000/1s",
	}
	if environ["LOG_LEVEL"] == "" {
		environ["LOG_LEVEL"] = "warn" // the sink's lines tell what leaves
	}
	if environ["SERVER_PORT"] == "" {
		port, err := demoListenPort(ctx)
		if err != nil {
			return config.Config{}, err
		}
		environ["SERVER_PORT"] = strconv.Itoa(port)
	}
	cfg, _, err := config.Load(environ, "")
	if err != nil {
		return config.Config{}, fmt.Errorf("demo: %w", err)
	}
	return cfg, nil
}

// demoListenPort is 8080, or any free port where something else has that.
func demoListenPort(ctx context.Context) (int, error) {
	for _, port := range []int{demoPort, 0} {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		address, ok := listener.Addr().(*net.TCPAddr)
		if err := listener.Close(); err == nil && ok {
			return address.Port, nil
		}
	}
	return 0, errors.New("demo: no port is free on 127.0.0.1")
}

// fillDemo sends the API the messages, says where to look, and starts the
// scheduler.
func fillDemo(ctx context.Context, p process, url, dir string) error {
	for i := range demoMessages {
		body := map[string]string{
			"to":      fmt.Sprintf("+9055511110%02d", i),
			"content": fmt.Sprintf("Merhaba! This is sample message %d of %d.", i+1, demoMessages),
		}
		if err := demoCall(ctx, http.MethodPost, url+"/api/v1/messages", body); err != nil {
			return fmt.Errorf("demo: send a message to the API: %w", err)
		}
	}
	_, _ = fmt.Fprintf(p.stdout, `
%d messages wait in a temporary store (%s).
Two go out every %s, over a webhook that refuses about one call in ten: see it again a second later.

  API, to try by hand   %[4]s/swagger/index.html
  pace, next window     %[4]s/api/v1/scheduler
  what was sent         %[4]s/api/v1/messages/sent

Ctrl-C ends it and removes the store.

time          answer        message
`, demoMessages, dir, demoInterval, url)
	return demoCall(ctx, http.MethodPost, url+"/api/v1/scheduler/start", map[string]string{"reason": "demo"})
}

// demoCall makes one call to the API and expects a 2xx.
func demoCall(ctx context.Context, method, url string, body any) error {
	var content bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&content).Encode(body); err != nil {
			return fmt.Errorf("encode: %w", err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, url, &content)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("%s %s: %s", method, url, response.Status)
	}
	return nil
}
