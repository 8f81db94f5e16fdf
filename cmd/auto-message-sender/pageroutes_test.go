package main

import (
	"net/http"
	"regexp"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dashboard"
	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
)

// pagePaths are the paths of the page, as a browser asks for them.
func pagePaths() []string {
	return []string{"/", "/messages", "/messages/019a2f6e-7a53-7cc0-9d6e-2f0d5b1c4a10", "/messages/by%2Fhand", "/compose", "/audit", "/settings"}
}

func withPage(t *testing.T) {
	t.Helper()
	if dashboard.Files() == nil {
		t.Skip("built without the page (no_ui)")
	}
}

func TestRouter_ServesThePageToAnybodyAndAsOftenAsAsked(t *testing.T) {
	t.Parallel()
	withPage(t)
	a := startAPI(t, func(a *api) { a.deps.Limiter = limiterOf(t, 1, a.deps) })
	noKey := withHeader("X-API-Key", "")
	var asset string
	for range 3 {
		for _, path := range pagePaths() {
			answer := a.ask(http.MethodGet, path, "", noKey)
			require.Equal(t, http.StatusOK, answer.Code, path)
			require.Equal(t, "text/html; charset=utf-8", answer.Header().Get("Content-Type"), path)
			require.Contains(t, answer.Header().Get("Content-Security-Policy"), "script-src 'self'; style-src 'self';", path)
			require.Equal(t, http.StatusOK, a.ask(http.MethodHead, path, "", noKey).Code, path)
			asset = regexp.MustCompile(`/assets/[^"]+app\.js`).FindString(answer.Body.String())
		}
		answer := a.ask(http.MethodGet, asset, "", noKey)
		require.Equal(t, http.StatusOK, answer.Code)
		require.Contains(t, answer.Header().Get("Cache-Control"), "immutable")
	}
	requireProblem(t, a.ask(http.MethodGet, "/assets/nothing", "", noKey), http.StatusNotFound)
	require.Equal(t, http.StatusMethodNotAllowed, a.ask(http.MethodPost, "/messages", "", noKey).Code)
}

// Its strict policy is the page's own: Swagger sets styles from its scripts, and JSON needs nothing.
func TestRouter_KeepsThePolicyOfThePageToThePage(t *testing.T) {
	t.Parallel()
	withPage(t)
	a := startAPI(t)
	require.Contains(t, a.ask(http.MethodGet, "/swagger/index.html", "").Header().Get("Content-Security-Policy"), "style-src 'self' 'unsafe-inline'")
	require.Equal(t, "default-src 'none'; frame-ancestors 'none'", a.ask(http.MethodGet, "/api/v1/stats", "").Header().Get("Content-Security-Policy"))
}

func TestPageRoutes_WithoutFilesTheRootLeadsToTheDocumentation(t *testing.T) {
	t.Parallel()
	problems := handlers.NewProblems(nil)
	rows, err := pageRoutes(nil, func(c *gin.Context) { c.Redirect(http.StatusFound, "/swagger/index.html") }, problems)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, "/", rows[0].path)

	_, err = pageRoutes(fstest.MapFS{}, nil, problems)
	require.Error(t, err)
	if dashboard.Files() == nil {
		a := startAPI(t)
		require.Equal(t, "/swagger/index.html", a.ask(http.MethodGet, "/", "").Header().Get("Location"))
		requireProblem(t, a.ask(http.MethodGet, "/audit", ""), http.StatusNotFound)
	}
}

func TestWaitingRouter_ServesThePageThatSaysSo(t *testing.T) {
	t.Parallel()
	withPage(t)
	a := startAPI(t)
	var err error
	a.engine, err = newWaitingRouter(a.deps)
	require.NoError(t, err)
	for _, path := range pagePaths() {
		require.Equal(t, http.StatusOK, a.ask(http.MethodGet, path, "").Code, path)
	}
	requireProblem(t, a.ask(http.MethodGet, "/api/v1/me", ""), http.StatusServiceUnavailable)
}

// Without keys the service is open to this machine, so also to its browser; a page of
// another origin must not steer it. A start takes no body, hence no preflight either.
func TestRouter_WithoutKeysAForeignPageChangesNothing(t *testing.T) {
	t.Parallel()
	a := startAPI(t, func(a *api) {
		a.deps.Keys, a.deps.LocalOnly = new(middleware.Keyring), true
		a.deps.Limiter = limiterOf(t, 1_000_000, a.deps)
	})
	from := func(origin, site string) func(*http.Request) {
		return func(r *http.Request) {
			r.Host = "localhost:8080"
			r.Header.Del("X-API-Key")
			r.Header.Set("Origin", origin)
			if site != "" {
				r.Header.Set("Sec-Fetch-Site", site)
			}
		}
	}
	simple := withHeader("Content-Type", "text/plain") // what a form or a fetch without preflight may send
	for _, path := range []string{"/scheduler/start", "/scheduler/stop", "/messages/cancel", "/messages/retry", "/messages/1/cancel", "/messages"} {
		for name, foreign := range map[string]func(*http.Request){
			"another site":                   from("https://evil.example", "cross-site"),
			"another port":                   from("http://localhost:3000", "same-site"),
			"an old browser":                 from("https://evil.example", ""),
			"a sandboxed frame":              from("null", "cross-site"),
			"an old browser's sandbox frame": from("null", ""),
		} {
			answer := a.ask(http.MethodPost, apiPath+path, "", foreign, simple)
			require.Equal(t, http.StatusForbidden, answer.Code, "%s: %s", path, name)
		}
	}
	state, err := a.State(t.Context())
	require.NoError(t, err)
	require.False(t, state.Running)

	require.Equal(t, http.StatusOK, a.ask(http.MethodPost, apiPath+"/scheduler/start", "", from("http://localhost:8080", "same-origin")).Code)
}
