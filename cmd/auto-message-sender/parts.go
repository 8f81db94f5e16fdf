package main

import (
	"context"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
	"auto-message-sender/pkg/redisdb"
)

const (
	partWebhook = "webhook"

	redisPingLimit = time.Second
)

// parts is what the probes ask.
func parts(store dataoperations.Store, p *pipeline) []handlers.Part {
	all := []handlers.Part{
		{Name: partStore, Required: true, Check: store.Ping},
		{Name: partWebhook, Check: func(context.Context) error { return webhookTrouble(p.dispatcher.Webhook()) }},
	}
	if p.redis != nil {
		all = append(all, handlers.Part{Name: partRedis, Check: func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, redisPingLimit)
			defer cancel()
			if err := redisdb.Ping(ctx, p.redis); err != nil {
				return models.Unavailable("Redis does not answer; sends go on without it", err)
			}
			return nil
		}})
	}
	return all
}

// webhookTrouble says what keeps messages from being sent, as a part of the probes.
func webhookTrouble(health models.WebhookHealth) error {
	switch health.State {
	case models.WebhookPaused:
		return models.Unavailable("the webhook has asked for a pause: "+health.Reason, nil)
	case models.WebhookOpen, models.WebhookProbing:
		return models.Unavailable("the webhook fails, and only probes are sent: "+health.Reason, nil)
	case models.WebhookClosed:
	}
	return nil
}
