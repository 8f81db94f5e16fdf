package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
)

func TestRouter_EveryAnswerTellsBrowsersToKeepOut(t *testing.T) {
	t.Parallel()
	a := startAPI(t, func(a *api) { a.deps.Limiter = limiterOf(t, 40, a.deps) })
	answers := map[string]*httptest.ResponseRecorder{
		"an answer":      a.ask(http.MethodGet, "/api/v1/scheduler", ""),
		"created":        a.ask(http.MethodPost, "/api/v1/messages", `{"to":"+905551234567","content":"x"}`),
		"HEAD":           a.ask(http.MethodHead, "/api/v1/scheduler", ""),
		"OPTIONS":        a.ask(http.MethodOptions, "/api/v1/scheduler", ""),
		"a probe":        a.ask(http.MethodGet, "/livez", ""),
		"a page":         a.ask(http.MethodGet, "/swagger/index.html", ""),
		"our own page":   a.ask(http.MethodGet, "/", ""),
		"a redirect":     a.ask(http.MethodGet, "/swagger", ""),
		"bad":            a.ask(http.MethodPost, "/api/v1/messages", "{"),
		"without a key":  a.ask(http.MethodGet, "/api/v1/scheduler", "", withHeader("X-API-Key", "")),
		"not found":      a.ask(http.MethodGet, "/nothing", ""),
		"no such method": a.ask(http.MethodDelete, "/livez", ""),
		"too large":      a.ask(http.MethodPost, "/api/v1/messages", strings.Repeat(" ", maxBody+1)),
	}
	a.store.away.Store(true)
	answers["store away"] = a.ask(http.MethodGet, "/api/v1/scheduler", "")
	for answers["too many"] == nil {
		if answer := a.ask(http.MethodGet, "/nothing", ""); answer.Code == http.StatusTooManyRequests {
			answers["too many"] = answer
		}
	}
	var err error
	a.engine, err = newWaitingRouter(a.deps)
	require.NoError(t, err)
	answers["while waiting"] = a.ask(http.MethodGet, "/api/v1/scheduler", "")

	for name, answer := range answers {
		got := answer.Header()
		require.Equal(t, "nosniff", got.Get("X-Content-Type-Options"), name)
		require.Equal(t, "DENY", got.Get("X-Frame-Options"), name)
		require.Equal(t, "no-referrer", got.Get("Referrer-Policy"), name)
		require.Equal(t, "same-origin", got.Get("Cross-Origin-Resource-Policy"), name)
		require.Equal(t, "same-origin", got.Get("Cross-Origin-Opener-Policy"), name)
		require.Contains(t, got.Get("Content-Security-Policy"), "frame-ancestors 'none'", name)
		require.NotContains(t, got.Get("Content-Security-Policy"), "script-src 'unsafe", name)
		require.NotEmpty(t, got.Get("Cache-Control"), name)
		require.Empty(t, got.Get("Server"), name)
		require.Empty(t, got.Get("Access-Control-Allow-Origin"), name)
	}
}

func TestRouter_LetsAllowedPagesInAndNoOthers(t *testing.T) {
	t.Parallel()
	const friend, foe = "https://app.example.com", "https://evil.example"
	a := startAPI(t, func(a *api) {
		a.deps.Origins = []string{friend}
		a.deps.Limiter = limiterOf(t, 3, a.deps)
	})
	from := func(origin string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Origin", origin)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}
	}
	preflight := func(origin string) *httptest.ResponseRecorder {
		return a.ask(http.MethodOptions, "/api/v1/messages", "", from(origin), withHeader("X-API-Key", ""),
			withHeader("Access-Control-Request-Method", "POST"), withHeader("Access-Control-Request-Headers", "content-type,x-api-key"))
	}
	for range 10 { // a preflight has no key, and is not counted
		require.Equal(t, http.StatusNoContent, preflight(friend).Code)
	}
	body := `{"to":"+905551234567","content":"x"}`
	written := a.ask(http.MethodPost, "/api/v1/messages", body, from(friend))
	require.Equal(t, http.StatusCreated, written.Code)
	require.Equal(t, friend, written.Header().Get("Access-Control-Allow-Origin"))
	refused := a.ask(http.MethodPost, "/api/v1/messages", body, from(foe))
	requireProblem(t, refused, http.StatusForbidden)
	require.Empty(t, refused.Header().Get("Access-Control-Allow-Origin"))

	// Errors can be read, too; and a page of another origin learns nothing.
	unknown := a.ask(http.MethodGet, "/api/v1/scheduler", "", from(friend), withHeader("X-API-Key", ""))
	requireProblem(t, unknown, http.StatusUnauthorized)
	require.Equal(t, friend, unknown.Header().Get("Access-Control-Allow-Origin"))
	limited := a.ask(http.MethodGet, "/api/v1/scheduler", "", from(friend))
	requireProblem(t, limited, http.StatusTooManyRequests)
	require.Contains(t, limited.Header().Get("Access-Control-Expose-Headers"), "Retry-After")
	asked := preflight(foe)
	require.NotEqual(t, http.StatusNoContent, asked.Code)
	require.Empty(t, asked.Header().Get("Access-Control-Allow-Methods"))

	a.deps.Origins = []string{"*"}
	_, err := newRouter(a.deps)
	require.Error(t, err)
}

// What is for those who run the service is not on the public listener.
func TestRouter_ShowsNoMetricsAndNoProfiles(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	for _, path := range []string{
		"/metrics", "/debug/pprof", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/vars", "/debug", "/api/v1/metrics", "/config", "/env",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			requireProblem(t, a.ask(method, path, ""), http.StatusNotFound)
		}
	}
}

func TestRouter_TakesNothingForAnOperator(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	require.Equal(t, http.StatusOK, a.ask(http.MethodPost, "/api/v1/scheduler/start", "").Code)
	id := a.accept(t, "the only one")
	a.send(t, "provider-1")

	for _, body := range []string{
		`{"to":{"$ne":null},"content":"x"}`, `{"to":"+905551234567","content":{"$gt":""}}`, `{"to":["+905551234567"],"content":"x"}`,
		`{"to":"+905551234567","content":"x","$where":"1"}`, `{"to":"+905551234567","content":"x","_id":"1"}`, `{"to":"+905551234567","content":"x","status":"sent"}`,
		`{"$set":{"status":"sent"}}`, `{"to":"+905551234567","content":"x","to":{"$ne":null}}`,
	} {
		requireProblem(t, a.ask(http.MethodPost, "/api/v1/messages", body), http.StatusBadRequest)
		requireProblem(t, a.ask(http.MethodPost, "/api/v1/scheduler/start", body), http.StatusBadRequest)
	}
	for _, operator := range []string{
		`{"$ne":null}`, `{"$gt":""}`, `{"$oid":"68a795179072a717e6a17f37"}`, "$where", "' OR '1'='1", `" OR 1=1 --`, "%", "_", "*", "[0-9]*", ".*", "\x00", id + "\x00",
	} {
		requireProblem(t, a.ask(http.MethodGet, "/api/v1/messages/"+url.PathEscape(operator), ""), http.StatusNotFound)
		for _, name := range []string{"page", "per_page"} {
			requireProblem(t, a.ask(http.MethodGet, "/api/v1/messages/sent?"+name+"="+url.QueryEscape(operator), ""), http.StatusBadRequest)
		}
	}
	// A name that only looks like a parameter is none, and changes nothing.
	for _, query := range []string{"page[$ne]=5", "page%5B%24gt%5D=5", "$where=1", "status=failed", "_id[$ne]=x"} {
		answer := a.ask(http.MethodGet, "/api/v1/messages/sent?"+query, "")
		require.Equal(t, http.StatusOK, answer.Code, query)
		require.InDelta(t, 1, object(t, answer)["page"], 0)
		require.Len(t, object(t, answer)["messages"], 1)
	}
	// In a message's content an operator is a text like any other.
	text := `{"$ne":null} '; DROP TABLE messages; --`
	stored, err := a.store.Message(t.Context(), a.accept(t, text))
	require.NoError(t, err)
	require.Equal(t, text, stored.Content)
	require.Equal(t, models.StatusPending, stored.Status)
}
