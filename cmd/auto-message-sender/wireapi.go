package main

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"auto-message-sender/internal/config"
	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
	"auto-message-sender/internal/sms"
)

// rules are what every message has to keep, however it comes in.
func (s *service) rules() sms.Rules {
	return sms.Rules{MaxContent: s.cfg.MaxContentLength, Region: s.cfg.DefaultRegion, Strict: s.cfg.StrictNumbers()}
}

// newRouter wires the API.
func (s *service) newRouter(store dataoperations.Store, p *pipeline) (http.Handler, error) {
	deps := routerDeps{
		Log: s.log, Now: s.process.now, NewRequestID: newRequestID, RequestTimeout: requestTimeout,
		TrustedProxies: s.cfg.TrustedProxies, Origins: s.cfg.CORSAllowedOrigins, LocalOnly: s.localOnly(),
		Follow: s.looking.follow(), Measure: s.looking.measure(), Metrics: s.looking.page(s.cfg),
	}
	if err := s.wireHandlers(s.looking.watch(store), p, &deps); err != nil {
		return nil, fmt.Errorf("wire the API: %w", err)
	}
	if err := s.wireAccess(p, &deps); err != nil {
		return nil, err
	}
	return newRouter(deps)
}

// wireHandlers makes the endpoints.
func (s *service) wireHandlers(store dataoperations.Store, p *pipeline, deps *routerDeps) (err error) {
	control, webhook, inspect := p.dispatcher.Scheduler(), p.dispatcher.Webhook, s.rules().Inspect
	deps.Messages, err = handlers.NewMessages(handlers.MessagesOptions{
		Store: store, Intake: handlers.Intake{Inspect: inspect, Validity: s.cfg.DefaultValidity},
		Wake: control.Wake, Now: store.Now, NewID: newMessageID, Pace: control, Webhook: webhook, Log: s.log, Events: p.feed,
	})
	if err != nil {
		return err //nolint:wrapcheck // it says what is missing
	}
	deps.Operations, err = handlers.NewOperations(handlers.OperationsOptions{
		Lists: store, Changes: store, Message: store.Message, Trail: store, Inspect: inspect, Wake: control.Wake,
		Now: store.Now, NewID: newMessageID, Replica: s.replica, Log: s.log, Events: p.feed,
	})
	if err != nil {
		return err //nolint:wrapcheck // likewise
	}
	deps.Events = handlers.NewEventStream(p.feed)
	deps.Preview, err = handlers.NewPreview(inspect)
	if err != nil {
		return err //nolint:wrapcheck // likewise
	}
	deps.Reports, err = handlers.NewDeliveryReports(handlers.DeliveryReportsOptions{Changes: store, Lists: store, Now: store.Now, Events: p.feed})
	if err != nil {
		return err //nolint:wrapcheck // likewise
	}
	deps.Statistics, err = handlers.NewStatistics(handlers.StatsOptions{
		Store: store, Pace: control, Webhook: webhook, Reports: deps.Reports, Now: store.Now, Replica: s.replica,
	})
	if err != nil {
		return err //nolint:wrapcheck // likewise
	}
	deps.Scheduler, err = handlers.NewScheduler(handlers.SchedulerOptions{
		Control: control, Trail: store, Counter: store, Webhook: webhook, Replica: s.replica,
	})
	if err != nil {
		return err //nolint:wrapcheck // likewise
	}
	if err := s.wireService(store, deps); err != nil {
		return err
	}
	deps.Probes, err = handlers.NewProbes(handlers.ProbesOptions{Parts: parts(store, p), Now: s.process.now, Log: s.log})
	return err //nolint:wrapcheck // likewise
}

// wireService makes the endpoints that tell who calls and what runs.
func (s *service) wireService(store dataoperations.Store, deps *routerDeps) (err error) {
	deps.Identity, err = handlers.NewIdentity(middleware.Role, s.cfg.AuthRequired())
	if err != nil {
		return err //nolint:wrapcheck // it says what is missing
	}
	deps.Fleet, err = handlers.NewFleet(store, store.Now, s.replica)
	if err != nil {
		return err //nolint:wrapcheck // likewise
	}
	options := handlers.SettingsOptions{
		Version: s.process.build.Version, Commit: s.process.build.Commit, GoVersion: s.process.build.Go,
		StartedAt: s.began, Replica: s.replica, Store: "sqlite", Redis: s.cfg.UsesRedis(), Values: s.settings(),
	}
	if s.cfg.UsesMongoDB() {
		options.Store = "mongodb"
	}
	deps.Configuration, err = handlers.NewConfiguration(options)
	return err //nolint:wrapcheck // likewise
}

// settings returns what is in effect, fit to be shown, beside what the manual says.
func (s *service) settings() []handlers.Setting {
	var shown []handlers.Setting
	manual := config.Describe() // in the same order
	for i, value := range s.cfg.Effective() {
		if value.Name == "WEBHOOK_URL" {
			value.Text = withoutPath(value.Text)
		}
		shown = append(shown, handlers.Setting{
			Name: value.Name, Value: value.Text, Source: string(value.Source),
			Default: cmp.Or(manual[i].Default, manual[i].DefaultNote), Description: manual[i].Meaning,
		})
	}
	return shown
}

// withoutPath returns an address as every key may see it: the path of a webhook is
// often what opens it.
func withoutPath(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	host, path, _ := strings.Cut(rest, "/")
	if path == "" {
		return address
	}
	return scheme + "://" + host + "/…"
}

// wireAccess makes what decides who may call, and how often.
func (s *service) wireAccess(p *pipeline, deps *routerDeps) (err error) {
	deps.Keys = new(middleware.Keyring)
	if s.cfg.AuthRequired() {
		for _, key := range s.cfg.APIKeys {
			deps.Keys.Add(key.Name, key.Role, key.Key.Reveal())
		}
	}
	deps.Limiter, err = middleware.NewRateLimiter(middleware.RateLimitOptions{
		Limit: int64(s.cfg.RateLimit.Requests), Period: s.cfg.RateLimit.Period, Keys: deps.Keys,
		Redis: p.redis, Log: s.log, Now: s.process.now,
	})
	if err != nil {
		return fmt.Errorf("wire the rate limit: %w", err)
	}
	deps.Reporters, err = middleware.Reports(middleware.ReportsOptions{
		Keys: s.cfg.DeliveryReportKeys.Reveal(), Secrets: s.cfg.DeliveryReportSecrets.Reveal(),
		APIKeys: deps.Keys, Limiter: deps.Limiter, Now: s.process.now,
	}, handlers.NewProblems(s.log))
	if err != nil {
		return fmt.Errorf("wire the delivery reports: %w", err)
	}
	// Their hashes are all that is needed from here on.
	s.cfg.APIKeys, s.cfg.DeliveryReportKeys = nil, nil
	return nil
}
