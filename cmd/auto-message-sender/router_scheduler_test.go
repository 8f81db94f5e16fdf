package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

func TestRouter_StartsAndStopsTheScheduler(t *testing.T) {
	t.Parallel()
	a := startAPI(t)

	before := object(t, a.ask(http.MethodGet, "/api/v1/scheduler", ""))
	require.ElementsMatch(t, []string{"is_active", "interval", "messages_per_interval", "window", "counts", "webhook", "replica"}, keys(before))
	require.Equal(t, false, before["is_active"])
	requireProblem(t, a.ask(http.MethodPost, "/api/v1/scheduler/stop", ""), http.StatusConflict)

	started := object(t, a.ask(http.MethodPost, "/api/v1/scheduler/start", `{"reason":"the first time"}`))
	require.ElementsMatch(t, []string{"is_active", "started_at", "message"}, keys(started))
	require.Equal(t, true, started["is_active"])
	require.Equal(t, "Scheduler started successfully", started["message"])
	require.Regexp(t, milliseconds, started["started_at"])
	requireProblem(t, a.ask(http.MethodPost, "/api/v1/scheduler/start", ""), http.StatusConflict)

	a.accept(t, "x")
	state := object(t, a.ask(http.MethodGet, "/api/v1/scheduler", ""))
	require.Equal(t, true, state["is_active"])
	require.Equal(t, started["started_at"], state["started_at"])
	require.Equal(t, "2m0s", state["interval"])
	require.InDelta(t, 2, state["messages_per_interval"], 0)
	require.Equal(t, "r-1", state["replica"])
	require.Equal(t, map[string]any{
		"scheduled": 0.0, "pending": 1.0, "sending": 0.0, "sent": 0.0, "failed": 0.0, "canceled": 0.0, "expired": 0.0,
	}, state["counts"])
	window, ok := state["window"].(map[string]any)
	require.True(t, ok)
	require.ElementsMatch(t, []string{"seq", "remaining", "next_at"}, keys(window))

	stopped := object(t, a.ask(http.MethodPost, "/api/v1/scheduler/stop", ""))
	require.ElementsMatch(t, []string{"is_active", "stopped_at", "message", "in_flight"}, keys(stopped))
	require.Equal(t, false, stopped["is_active"])
	require.Equal(t, "Scheduler stopped successfully", stopped["message"])
	require.Regexp(t, milliseconds, stopped["stopped_at"])
	require.InDelta(t, 3, stopped["in_flight"], 0)

	trail := object(t, a.ask(http.MethodGet, "/api/v1/scheduler/logs", ""))
	require.ElementsMatch(t, []string{"logs", "total", "page", "per_page", "total_pages"}, keys(trail))
	require.InDelta(t, 2, trail["total"], 0)
	logs, ok := trail["logs"].([]any)
	require.True(t, ok)
	stop, ok := logs[0].(map[string]any)
	require.True(t, ok)
	start, ok := logs[1].(map[string]any)
	require.True(t, ok)
	require.Equal(t, "stop", stop["action"])
	require.Equal(t, start["id"], stop["start_id"], "a pair")
	require.Equal(t, "the first time", start["reason"])
	require.Equal(t, "tests", start["actor"], "the name of the key")
	require.Equal(t, "r-1", start["replica"])
	require.Regexp(t, milliseconds, start["timestamp"])
	require.Regexp(t, milliseconds, start["created_at"])
	require.NotContains(t, keys(start), "start_id")
	require.JSONEq(t, `{"logs":[],"total":2,"page":9223372036854775807,"per_page":10,"total_pages":1}`,
		a.ask(http.MethodGet, "/api/v1/scheduler/logs?page=9223372036854775807", "").Body.String())
}

func TestRouter_TellsHowTheWebhookIs(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 15, 4, 5, 678_000_000, time.UTC)
	for name, test := range map[string]struct {
		health models.WebhookHealth
		answer map[string]any
		detail string
	}{
		"closed": {models.WebhookHealth{State: models.WebhookClosed}, map[string]any{"state": "closed"}, ""},
		"closed again": {
			models.WebhookHealth{State: models.WebhookClosed, Since: at},
			map[string]any{"state": "closed", "since": "2026-01-02T15:04:05.678Z"},
			"",
		},
		"open": {
			models.WebhookHealth{State: models.WebhookOpen, Since: at, RetryAt: at.Add(5 * time.Second), Reason: "webhook answered 401 Unauthorized"},
			map[string]any{
				"state": "open", "since": "2026-01-02T15:04:05.678Z", "retry_at": "2026-01-02T15:04:10.678Z",
				"reason": "webhook answered 401 Unauthorized",
			},
			"the webhook fails, and only probes are sent: webhook answered 401 Unauthorized",
		},
		"probing": {
			models.WebhookHealth{State: models.WebhookProbing, Since: at, Reason: "no connection to the webhook"},
			map[string]any{"state": "probing", "since": "2026-01-02T15:04:05.678Z", "reason": "no connection to the webhook"},
			"the webhook fails, and only probes are sent: no connection to the webhook",
		},
		"paused": {
			models.WebhookHealth{State: models.WebhookPaused, Since: at, RetryAt: at.Add(time.Hour), Reason: "webhook answered 429 Too Many Requests"},
			map[string]any{
				"state": "paused", "since": "2026-01-02T15:04:05.678Z", "retry_at": "2026-01-02T16:04:05.678Z",
				"reason": "webhook answered 429 Too Many Requests",
			},
			"the webhook has asked for a pause: webhook answered 429 Too Many Requests",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := startAPI(t, func(a *api) {
				a.webhook = test.health
				a.parts = append(a.parts, handlers.Part{Name: partWebhook, Check: func(context.Context) error { return webhookTrouble(a.webhook) }})
			})
			require.Equal(t, test.answer, object(t, a.ask(http.MethodGet, "/api/v1/scheduler", ""))["webhook"])

			answer := a.ask(http.MethodGet, "/readyz", "")
			require.Equal(t, http.StatusOK, answer.Code, "no reason to take the API away")
			ready := object(t, answer)
			require.Equal(t, map[bool]string{true: "ok", false: "degraded"}[test.detail == ""], ready["status"])
			parts, ok := ready["parts"].([]any)
			require.True(t, ok)
			part, ok := parts[1].(map[string]any)
			require.True(t, ok)
			require.Equal(t, false, part["required"])
			if test.detail != "" {
				require.Equal(t, test.detail, part["detail"])
			}
		})
	}
}

func TestRouter_ChecksTheReason(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	for name, body := range map[string]string{
		"201 characters":   `{"reason":"` + strings.Repeat("ş", 201) + `"}`,
		"NUL":              `{"reason":"a\u0000"}`,
		"a number":         `{"reason":1}`,
		"an unknown field": `{"why":"x"}`,
		"null":             `null`,
	} {
		for _, action := range []string{"start", "stop"} {
			answer := a.ask(http.MethodPost, "/api/v1/scheduler/"+action, body)
			require.Equal(t, http.StatusBadRequest, answer.Code, name)
			requireProblem(t, answer, http.StatusBadRequest)
		}
	}
	requireProblem(t, a.ask(http.MethodPost, "/api/v1/scheduler/start", `{}`, withHeader("Content-Type", "text/plain")), http.StatusUnsupportedMediaType)
	// What curl -d '' sends.
	answer := a.ask(http.MethodPost, "/api/v1/scheduler/start", "", withHeader("Content-Type", "application/x-www-form-urlencoded"))
	require.Equal(t, http.StatusOK, answer.Code)
	answer = a.ask(http.MethodPost, "/api/v1/scheduler/stop", `{"reason":"`+strings.Repeat("ş", 200)+`"}`)
	require.Equal(t, http.StatusOK, answer.Code)
}
