package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	"auto-message-sender/internal/config"
	"auto-message-sender/pkg/logger"
)

func newServeCommand(p process) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Serve the API and send messages (the default)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, warnings, err := p.config()
			if err != nil {
				return err
			}
			return serve(cmd.Context(), p, cfg, warnings)
		},
	}
}

// serve runs the service until ctx ends, and then in order down.
func serve(ctx context.Context, p process, cfg config.Config, warnings []string) error {
	log, err := logger.New(logger.Options{Level: cfg.LogLevel, Format: cfg.LogFormat, Out: p.stderr})
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	for _, warning := range warnings {
		log.Warn(warning)
	}
	service := newService(p, cfg, log)
	err = service.run(ctx)
	if err == nil || ctx.Err() != nil || cfg.LogFormat != config.LogFormatJSON {
		return err
	}
	// Whoever collects JSON must find there why the service ended, and no other line.
	service.log.WithError(err).Error("the service has ended")
	return &toldError{err}
}

// toldError is an error that the log has told already: report says no more of it.
type toldError struct{ error }

// Unwrap returns what was told.
func (e *toldError) Unwrap() error { return e.error }

// service is one replica: config → connect → wire → run → drain.
type service struct {
	process process
	cfg     config.Config
	replica string
	looking telemetry
	began   time.Time
	log     logrus.FieldLogger
	end     shutdown
	onReady func() // told once the API is open; may be nil
}

func newService(p process, cfg config.Config, log logrus.FieldLogger) *service {
	replica := cfg.ReplicaID
	if replica == "" {
		replica = replicaID()
	}
	log = log.WithField("replica", replica)
	return &service{process: p, cfg: cfg, replica: replica, began: p.now(), log: log, end: shutdown{log: log, now: p.now}}
}

// replicaID is unlike that of any other process, also of this machine's last.
func replicaID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "replica"
	}
	return host + "-" + uuid.NewString()[:8]
}

// run returns nil after a shutdown in order.
func (s *service) run(ctx context.Context) error {
	defer s.end.run()

	if err := s.openTelemetry(ctx); err != nil {
		return err
	}
	server, err := s.listen(ctx)
	if err != nil {
		return err
	}
	store, err := s.openStore(ctx, server)
	if err != nil {
		return err
	}
	pipeline, err := s.startPipeline(ctx, store, server)
	if err != nil {
		return err
	}
	s.looking.look(s, store, pipeline)
	router, err := s.newRouter(store, pipeline)
	if err != nil {
		return err
	}
	server.gate.open(router)
	s.log.WithFields(logrus.Fields{
		"address": server.address, "store": s.storeName(), "version": s.process.build.Version,
		"interval": s.cfg.SchedulerInterval.String(), "messages_per_interval": s.cfg.MessagesPerInterval,
		"duration_ms": s.process.now().Sub(s.began).Milliseconds(),
	}).Info("ready")

	if s.onReady != nil {
		s.onReady()
	}
	select {
	case <-ctx.Done():
		s.log.WithField("grace", s.cfg.Grace().String()).Info("shutting down: finishing what is under way")
		return nil
	case err := <-server.failed:
		return fmt.Errorf("serve the API: %w", err)
	}
}

// storeName is for people.
func (s *service) storeName() string {
	if s.cfg.UsesMongoDB() {
		return "mongodb"
	}
	return "embedded"
}

// sleep waits, but not past the end of ctx, whose error it returns.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // the context's own word
	case <-timer.C:
		return nil
	}
}
