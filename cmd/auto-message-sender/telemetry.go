package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"time"

	"auto-message-sender/internal/config"
	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/watched"
	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/metrics"
	"auto-message-sender/internal/middleware"
	"auto-message-sender/internal/tracing"
	"auto-message-sender/pkg/redisdb"
)

const (
	// metricsPath is where Prometheus looks by itself.
	metricsPath = "/metrics"
	// tracesEndLimit bounds the export of the last spans.
	tracesEndLimit = 5 * time.Second
)

// telemetry is who looks on. Where nobody does, nothing of it is in the way of a
// message or a request.
type telemetry struct {
	tracing *tracing.Tracing // nil: no OTEL_… variable asks for it
	metrics *metrics.Metrics // nil: METRICS_ADDR is empty
}

// openTelemetry begins before all else, so that there is something to scrape while
// the store is waited for, and ends after all else.
func (s *service) openTelemetry(ctx context.Context) error {
	return errors.Join(s.openTracing(), s.openMetrics(ctx))
}

// load reads the settings, and the variables of OpenTelemetry, which are no settings of
// ours: what is wrong with either is told together.
func (p process) load() (config.Config, []string, error) {
	cfg, warnings, err := config.Load(p.environ, p.dotenv)
	warnings = append(warnings, config.Misspelt(p.environ, tracing.Variables())...)
	_, wrong := tracing.ReadSettings(p.environ)
	problems, ok := errors.AsType[tracing.VariablesError](wrong)
	if !ok {
		return cfg, warnings, err //nolint:wrapcheck // its type decides the exit code
	}
	all := new(config.Error)
	if known, ok := errors.AsType[*config.Error](err); ok {
		all.Problems = append(all.Problems, known.Problems...)
	}
	for _, problem := range problems {
		all.Problems = append(all.Problems, config.Problem{Name: problem.Name, Fault: problem.Fault})
	}
	return cfg, warnings, all
}

// openTracing exports traces, where the variables ask for it.
func (s *service) openTracing() error {
	settings, err := tracing.ReadSettings(s.process.environ)
	if err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	if !settings.Enabled {
		return nil
	}
	s.looking.tracing, err = tracing.New(tracing.Options{
		Settings: settings, Version: s.process.build.Version, Replica: s.replica, Now: s.process.now, Log: s.log,
	})
	if err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	s.end.add("traces", tracesEndLimit, s.looking.tracing.Close)
	s.log.WithField("endpoint", settings.Shown()).Info("traces are exported by OTLP")
	return nil
}

// openMetrics makes them, and opens their own port where they have one.
func (s *service) openMetrics(ctx context.Context) (err error) {
	if s.cfg.MetricsAddr == "" {
		return nil
	}
	build := s.process.build
	s.looking.metrics, err = metrics.New(metrics.Options{
		Build: metrics.Build{Version: build.Version, Commit: build.Commit, GoVersion: runtime.Version()},
		Now:   s.process.now, Log: s.log,
	})
	if err != nil {
		return fmt.Errorf("METRICS_ADDR: %w", err)
	}
	if s.cfg.MetricsAddr == config.MetricsMain {
		return nil
	}
	return s.listenMetrics(ctx)
}

// listenMetrics opens the metrics' own port. It asks for no key and shows nothing else.
func (s *service) listenMetrics(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.MetricsAddr)
	if err != nil {
		return fmt.Errorf("listen for Prometheus (METRICS_ADDR; main would share the API's listener): %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+metricsPath, s.looking.metrics)
	web := newHTTPServer(mux, s.log)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.WithError(err).Error("metrics can no longer be scraped; messages are sent all the same")
		}
	}()
	s.end.add("metrics", httpEndLimit, func(ctx context.Context) error {
		defer func() { <-done }()
		return (&server{http: web}).shutdown(ctx)
	})
	s.log.WithField("address", listener.Addr().String()).Info("metrics can be scraped")
	return nil
}

// watch lets them see what requests ask of the store.
func (t telemetry) watch(store dataoperations.Store) dataoperations.Store {
	if t.tracing != nil {
		store = watched.New(store, t.tracing.Watch)
	}
	if t.metrics != nil {
		store = watched.New(store, t.metrics.Changes.Watch)
	}
	return store
}

// look lets scrapes tell of the whole service from now on.
func (t telemetry) look(s *service, store dataoperations.Store, p *pipeline) {
	if t.metrics == nil {
		return
	}
	sources := metrics.Sources{
		Store: store, StoreUp: store.Ping, Webhook: p.dispatcher.Webhook,
		InFlight: p.dispatcher.InFlight, MaxInFlight: s.cfg.MaxInFlight, Listeners: p.feed.Listeners,
	}
	if p.redis != nil {
		sources.Redis = func(ctx context.Context) error { return redisdb.Ping(ctx, p.redis) }
	}
	t.metrics.Look(sources)
}

// observer counts what the pipeline does.
func (t telemetry) observer() dispatch.Observer {
	if t.metrics == nil {
		return nil
	}
	return t.metrics.Pipeline
}

// tracer follows messages.
func (t telemetry) tracer() dispatch.Tracer {
	if t.tracing == nil {
		return nil
	}
	return t.tracing
}

// follow follows requests.
func (t telemetry) follow() middleware.Follow {
	if t.tracing == nil {
		return nil
	}
	return t.tracing.Request
}

// measure counts requests.
func (t telemetry) measure() middleware.Measure {
	if t.metrics == nil {
		return nil
	}
	return t.metrics.Requests.Answered
}

// page is what is to be scraped at the API's listener.
func (t telemetry) page(cfg config.Config) http.Handler {
	if t.metrics == nil || cfg.MetricsAddr != config.MetricsMain {
		return nil
	}
	return t.metrics
}
