package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
)

func TestRouter_SaysSoWhenTheStoreIsAway(t *testing.T) {
	t.Parallel()
	a := startAPI(t, func(a *api) {
		a.parts = append(a.parts, handlers.Part{Name: "redis", Check: func(context.Context) error { return errors.New("dial tcp 10.0.0.7:6379") }})
	})
	for _, path := range []string{"/readyz", "/healthz", "/readyz?verbose"} {
		require.Equal(t, http.StatusOK, a.ask(http.MethodGet, path, "").Code, path)
	}
	ready := object(t, a.ask(http.MethodGet, "/readyz", ""))
	require.Equal(t, "degraded", ready["status"], "Redis is reported, and that is all")
	require.NotContains(t, a.ask(http.MethodGet, "/readyz?verbose", "").Body.String(), "10.0.0.7")
	require.Contains(t, a.log.String(), "10.0.0.7", "the cause is in the log")

	a.store.away.Store(true)
	require.Eventually(t, func() bool { return a.ask(http.MethodGet, "/readyz", "").Code == http.StatusServiceUnavailable }, 5*time.Second, 20*time.Millisecond)
	ready = object(t, a.ask(http.MethodGet, "/healthz", ""))
	require.Equal(t, "unavailable", ready["status"])
	parts, ok := ready["parts"].([]any)
	require.True(t, ok)
	part, ok := parts[0].(map[string]any)
	require.True(t, ok)
	require.Equal(t, "store", part["name"])
	require.Equal(t, "unavailable", part["status"])
	require.Equal(t, "the store is away", part["detail"])
	require.Equal(t, http.StatusOK, a.ask(http.MethodGet, "/livez", "").Code, "the process lives")

	for _, request := range [][3]string{
		{http.MethodPost, "/api/v1/messages", `{"to":"+905551234567","content":"x"}`},
		{http.MethodPost, "/api/v1/messages/batch", `[{"to":"+905551234567","content":"x"}]`},
		{http.MethodPost, "/api/v1/messages/cancel", `{"all":true}`},
		{http.MethodPost, "/api/v1/messages/retry", `{"all":true}`},
		{http.MethodPost, "/api/v1/messages/1/cancel", ""},
		{http.MethodPost, "/api/v1/messages/1/retry", ""},
		{http.MethodDelete, "/api/v1/messages/1", ""},
		{http.MethodPost, "/api/v1/delivery-reports", `{"messageId":"1","status":"delivered"}`},
		{http.MethodPut, "/api/v1/scheduler/pace", `{"interval":"2m","messages_per_interval":2}`},
		{http.MethodGet, "/api/v1/stats", ""},
		{http.MethodGet, "/api/v1/messages", ""},
		{http.MethodGet, "/api/v1/messages/1", ""},
		{http.MethodGet, "/api/v1/messages/sent", ""},
		{http.MethodGet, "/api/v1/scheduler", ""},
		{http.MethodGet, "/api/v1/scheduler/logs", ""},
		{http.MethodPost, "/api/v1/scheduler/start", ""},
		{http.MethodPost, "/api/v1/scheduler/stop", ""},
	} {
		answer := a.ask(request[0], request[1], request[2])
		requireProblem(t, answer, http.StatusServiceUnavailable)
		require.NotEmpty(t, answer.Header().Get("Retry-After"), a.log.String())
	}
}

func TestRouter_HidesWhatWentWrongInside(t *testing.T) {
	t.Parallel()
	a := startAPI(t, func(a *api) { a.failed = errors.New("the cause of it all") })
	answer := a.ask(http.MethodPost, "/api/v1/scheduler/start", "")
	problem := requireProblem(t, answer, http.StatusInternalServerError)
	require.NotContains(t, answer.Body.String(), "cause of it all")
	require.Contains(t, a.log.String(), "the cause of it all")
	require.Contains(t, a.log.String(), fmt.Sprint(problem["request_id"]))
}

func TestWaitingRouter_AnswersProbesAndAsksForPatience(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	a.store.away.Store(true)
	var err error
	a.engine, err = newWaitingRouter(a.deps)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, a.ask(http.MethodGet, "/livez", "").Code)
	require.Equal(t, http.StatusServiceUnavailable, a.ask(http.MethodGet, "/readyz", "").Code)
	for _, path := range []string{"/api/v1/messages", "/", "/swagger/index.html"} {
		answer := a.ask(http.MethodPost, path, "")
		requireProblem(t, answer, http.StatusServiceUnavailable)
		require.NotEmpty(t, answer.Header().Get("Retry-After"))
	}
}

// The canary: at the lowest level, over every path and every kind of error, no
// line has a number, a content or a key.
func TestRouter_LogsNothingThatIsNotItsBusiness(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	number := strings.TrimPrefix(recipient, "+")
	body := fmt.Sprintf(`{"to":%q,"content":%q}`, recipient, sensitive)
	a.ask(http.MethodPost, "/api/v1/scheduler/start", fmt.Sprintf(`{"reason":"%s %s"}`, recipient, sensitive))
	id := a.accept(t, sensitive)
	a.send(t, "provider-1")

	bodies := []string{
		"", body, body + body, body[:40], fmt.Sprintf(`{"to":%q,"content":%q}`, "x"+recipient, strings.Repeat(sensitive, 20)),
		fmt.Sprintf(`{%q:1}`, recipient), fmt.Sprintf(`{"reason":%q}`, strings.Repeat(sensitive, 20)), fmt.Sprintf(`{"to":%s}`, number),
		strings.Repeat(sensitive, 5000), fmt.Sprintf(`[%s,{"to":%q,"idempotency_key":%q}]`, body, number, recipient), fmt.Sprintf(`{"to":%q,"dry_run":true}`, recipient),
		fmt.Sprintf(`{"to":%q,"content":%q,"reference":%q,"send_at":%q}`, recipient, sensitive, number, number), fmt.Sprintf(`{"messageId":%q,"status":"delivered"}`, number), "{\"content\":\"" + sensitive + "\xff\"}",
	}
	paths := []string{
		"/api/v1/messages", "/api/v1/messages/" + id, "/api/v1/messages/" + number, "/api/v1/messages/sent", "/api/v1/messages/sent?page=" + number + "x",
		"/api/v1/messages/sent?to=" + number + "&api_key=" + testKey, "/api/v1/scheduler", "/api/v1/scheduler/start", "/api/v1/scheduler/stop",
		"/api/v1/scheduler/logs", "/livez?" + number,
		"/api/v1/messages?to=" + number, "/api/v1/messages?reference=" + number + "&to=%2B" + number, "/api/v1/messages?" + number + "=1", "/api/v1/messages?cursor=" + number,
		"/api/v1/messages/batch", "/api/v1/messages/preview", "/api/v1/messages/cancel?to=" + number, "/api/v1/messages/retry", "/api/v1/messages/" + number + "/cancel",
		"/api/v1/messages/" + id + "/retry", "/api/v1/stats?" + number, "/api/v1/delivery-reports", "/api/v1/scheduler/pace", "/readyz?verbose=" + number, "/" + number, "/swagger/" + number, "/openapi.json", "/api/v1/%zz" + number,
	}
	headers := []func(*http.Request){
		withHeader("X-Request-ID", recipient), withHeader("Authorization", "Bearer "+otherKey), withHeader("Authorization", "Basic "+otherKey),
		withHeader("X-API-Key", otherKey), withHeader("Content-Type", number), withHeader("User-Agent", number), withHeader("Referer", number),
		withHeader("X-Forwarded-For", recipient), withHeader("Idempotency-Key", recipient), withHeader("Content-Type", "application/x-ndjson"), withHeader("Sec-Fetch-Site", "cross-site"), withHeader("Origin", "http://"+number),
		func(r *http.Request) { r.Method = "M" + number }, func(*http.Request) {},
	}
	ask := func() {
		for _, path := range paths {
			if strings.Contains(path, "%zz") {
				continue // no request can be made of it here
			}
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodPut} {
				for i, header := range headers {
					a.ask(method, path, bodies[i%len(bodies)], header)
				}
				for _, body := range bodies {
					a.ask(method, path, body)
				}
			}
		}
	}
	ask()
	a.store.away.Store(true)
	ask() // every error of a store that is away

	written := a.log.String()
	require.Greater(t, strings.Count(written, "\n"), 1000, "it did log")
	for _, secret := range []string{number, sensitive, "Geheimnis", testKey, otherKey} {
		require.NotContains(t, written, secret)
	}
}
