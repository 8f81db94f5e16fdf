package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"auto-message-sender/internal/config"
	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/dataOperations/receipts"
	"auto-message-sender/internal/dispatch"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
	"auto-message-sender/pkg/redisdb"
)

const (
	receiptsEndLimit = 2 * time.Second

	// autostartActor is who started or stopped the scheduler where the setting did.
	autostartActor = "autostart"
)

// pipeline is what runs behind the API.
type pipeline struct {
	dispatcher *dispatch.Dispatcher
	feed       feed
	redis      *redisdb.Client // nil: not configured
}

func newRequestID() string { return uuid.NewString() }

// newMessageID returns a UUIDv7: ids sort by time, and new rows lie together.
func newMessageID() string {
	id, err := uuid.NewV7()
	if err != nil { // no randomness: v4 would panic for the same reason
		return uuid.NewString()
	}
	return id.String()
}

// startPipeline wires and starts everything between store and webhook.
func (s *service) startPipeline(ctx context.Context, store dataoperations.Store, srv *server) (*pipeline, error) {
	p := new(pipeline)
	cache, err := s.openReceipts(p)
	if err != nil {
		return nil, err
	}
	p.feed = s.openFeed(store, p.redis)
	s.end.add("events", time.Second, func(context.Context) error { p.feed.Close(); return nil })
	writer := receipts.NewWriter(cache, s.log)
	s.end.add("receipts", receiptsEndLimit, writer.Close)

	client, err := webhook.New(webhook.Options{
		URL: s.cfg.WebhookURL.Reveal(), AuthHeader: s.cfg.WebhookAuthHeader, AuthKey: s.cfg.WebhookAuthKey.Reveal(),
		Secrets: s.cfg.WebhookSigningSecrets.Reveal(), Proxy: s.cfg.ProxyURL(),
		Timeout: s.cfg.WebhookTimeout, MaxConns: s.cfg.MaxInFlight,
		UserAgent: "auto-message-sender/" + s.process.build.Version, Now: s.process.now,
	})
	if err != nil {
		return nil, fmt.Errorf("WEBHOOK_URL: %w", err)
	}
	s.end.add("webhook connections", time.Second, func(context.Context) error { client.Close(); return nil })

	p.dispatcher, err = dispatch.New(dispatch.Options{
		Store: s.looking.watch(store), Sender: client, Receipts: writer, Inspect: s.rules().Inspect, Validity: s.cfg.DefaultValidity, Log: s.log,
		Replica: s.replica, AttemptTimeout: s.cfg.WebhookTimeout, Lease: s.cfg.Lease(), MaxInFlight: s.cfg.MaxInFlight,
		MaxAttempts: s.cfg.MaxRetryCount, Hold: s.cfg.HoldsUnknown(),
		Retention: s.cfg.Retention, EraseOnly: s.cfg.ErasesOld(), Events: p.feed, Version: s.process.build.Version,
		Observer: s.looking.observer(), Tracer: s.looking.tracer(),
		NewID: uuid.NewString, Now: s.process.now,
	})
	if err != nil {
		return nil, fmt.Errorf("wire the pipeline: %w", err)
	}
	pace := models.Pace{Interval: s.cfg.SchedulerInterval, PerWindow: s.cfg.MessagesPerInterval}
	err = s.untilAnswered(ctx, srv, "set the pace", func(ctx context.Context) error { return store.Configure(ctx, pace) })
	if err != nil {
		return nil, err
	}
	if err := s.untilAnswered(ctx, srv, "autostart", func(ctx context.Context) error { return s.autostart(ctx, store, p) }); err != nil {
		return nil, err
	}
	p.dispatcher.Start()
	s.end.add("sends under way", s.cfg.Grace(), p.dispatcher.Drain)
	s.end.add("taking work", httpEndLimit, func(ctx context.Context) error {
		go p.dispatcher.Scheduler().Close() // no claims from now on; Drain waits for it
		p.feed.Hush()                       // or the server would wait for its listeners
		return srv.shutdown(ctx)
	})
	return p, nil
}

// openReceipts returns the cache of receipts: Redis, or this process.
func (s *service) openReceipts(p *pipeline) (receipts.Cache, error) {
	if !s.cfg.UsesRedis() {
		cache, err := receipts.NewMemory(s.process.now)
		if err != nil {
			return nil, fmt.Errorf("make the receipts cache: %w", err)
		}
		s.end.add("receipts cache", time.Second, func(context.Context) error { cache.Close(); return nil })
		return cache, nil
	}
	client, err := redisdb.Connect(redisdb.Options{
		Host: s.cfg.RedisHost, Port: s.cfg.RedisPort, Password: s.cfg.RedisPassword.Reveal(), Database: s.cfg.RedisDatabase,
		DialTimeout: s.cfg.RedisDialTimeout, ReadTimeout: s.cfg.RedisReadTimeout, WriteTimeout: s.cfg.RedisWriteTimeout,
		PoolSize: s.cfg.RedisPoolSize, MinIdleConns: s.cfg.RedisMinIdleConns,
	})
	if err != nil {
		return nil, fmt.Errorf("REDIS_HOST: %w", err)
	}
	p.redis = client
	s.end.add(partRedis, time.Second, func(context.Context) error { return client.Close() })
	return receipts.NewRedis(client), nil
}

// autostart does what SCHEDULER_AUTOSTART says: always starts it, never stops
// it, resume leaves it as it was. One that is held is left to a person: see held.
func (s *service) autostart(ctx context.Context, store dataoperations.Trail, p *pipeline) error {
	held, err := s.held(ctx, store)
	if err != nil || held {
		return err
	}
	reason := "SCHEDULER_AUTOSTART=" + s.cfg.SchedulerAutostart
	switch s.cfg.SchedulerAutostart {
	case config.AutostartAlways:
		_, err = p.dispatcher.Scheduler().Start(ctx, autostartActor, reason)
	case config.AutostartNever:
		if _, _, err = p.dispatcher.Scheduler().Stop(ctx, autostartActor, reason); err == nil {
			s.log.Warn("the scheduler was running and is stopped, for all replicas: " + reason)
		}
	}
	if models.KindOf(err) == models.KindConflict { // it is so already
		return nil
	}
	return err //nolint:wrapcheck // it says what failed
}

// localOnly reports whether only this machine is served: on loopback without keys,
// unless somebody says that a proxy is in front or that no keys are wanted.
func (s *service) localOnly() bool {
	said := slices.ContainsFunc(s.cfg.Effective(), func(v config.Value) bool {
		return v.Name == "API_AUTH" && v.Source != config.FromDefault
	})
	return s.cfg.OnlyLoopback() && !s.cfg.AuthRequired() && len(s.cfg.TrustedProxies) == 0 && !said
}
