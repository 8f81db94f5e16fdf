package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/docs"
	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
	"auto-message-sender/internal/models"
)

// The table is the documentation, and the documentation is the table.
func TestRouter_EveryRouteIsDocumentedAndEveryDocumentedRouteIsThere(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	type document struct {
		BasePath string `json:"basePath"`
		Host     string `json:"host"`
		Servers  []struct {
			URL string `json:"url"`
		} `json:"servers"`
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	read := func(raw []byte) (doc document, documented []string) {
		require.NoError(t, json.Unmarshal(raw, &doc))
		for path, operations := range doc.Paths {
			base := apiPath
			if servers, ok := operations["servers"]; ok {
				require.JSONEq(t, `[{"url":"/"}]`, string(servers))
				base = ""
			}
			for method := range operations {
				if method != "servers" {
					path := strings.NewReplacer("{", ":", "}", "").Replace(path)
					documented = append(documented, strings.ToUpper(method)+" "+base+path)
				}
			}
		}
		return doc, documented
	}
	table, err := routes(a.deps, handlers.NewProblems(a.deps.Log))
	require.NoError(t, err)
	var everything, underAPI []string
	for _, route := range table {
		if route.access == browsers {
			continue // the documentation itself
		}
		everything = append(everything, route.method+" "+route.path)
		if strings.HasPrefix(route.path, apiPath) {
			underAPI = append(underAPI, route.method+" "+route.path)
		}
	}

	openAPI, documented := read(a.ask(http.MethodGet, "/openapi.json", "").Body.Bytes())
	require.ElementsMatch(t, everything, documented)
	require.Equal(t, "/api/v1", openAPI.Servers[0].URL)

	// Swagger 2.0 has one base path, and the probes are outside of it.
	swagger, documented := read(a.ask(http.MethodGet, "/swagger/doc.json", "").Body.Bytes())
	require.ElementsMatch(t, underAPI, documented)
	require.Equal(t, "/api/v1", swagger.BasePath)
	require.Empty(t, swagger.Host, "the page calls the origin it came from")
	require.JSONEq(t, string(docs.OpenAPI), a.ask(http.MethodGet, "/openapi.json", "").Body.String())
}

func TestRouter_ServesTheDocumentation(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	for _, path := range []string{"/swagger", "/swagger/"} {
		answer := a.ask(http.MethodGet, path, "")
		require.Equal(t, http.StatusFound, answer.Code, path)
		require.Equal(t, "/swagger/index.html", answer.Header().Get("Location"), path)
	}
	for name, contentType := range map[string]string{
		"index.html":                      "text/html; charset=utf-8",
		"index.css":                       "text/css; charset=utf-8",
		"swagger-ui.css":                  "text/css; charset=utf-8",
		"swagger-ui-bundle.js":            "text/javascript; charset=utf-8",
		"swagger-ui-standalone-preset.js": "text/javascript; charset=utf-8",
		"swagger-initializer.js":          "application/javascript",
		"favicon-32x32.png":               "image/png",
		"doc.json":                        "application/json",
	} {
		answer := a.ask(http.MethodGet, "/swagger/"+name, "", withHeader("X-API-Key", "")) // needs no key
		require.Equal(t, http.StatusOK, answer.Code, name)
		require.Equal(t, contentType, answer.Header().Get("Content-Type"), name)
		require.NotZero(t, answer.Body.Len(), name)
		require.Contains(t, answer.Header().Get("Content-Security-Policy"), "default-src 'self'")
	}
	// Whatever index.html asks for is there.
	index := a.ask(http.MethodGet, "/swagger/index.html", "").Body.String()
	for part := range strings.SplitSeq(index, `"`) {
		if name := strings.TrimPrefix(part, "./"); strings.HasSuffix(name, ".js") || strings.HasSuffix(name, ".css") || strings.HasSuffix(name, ".png") {
			require.Equal(t, http.StatusOK, a.ask(http.MethodGet, "/swagger/"+name, "").Code, name)
		}
	}
	require.Contains(t, a.ask(http.MethodGet, "/swagger/swagger-initializer.js", "").Body.String(), "/openapi.json")
	for _, name := range []string{"swagger-ui.js.map", "nothing", "..%2f..%2fgo.mod", "dist"} {
		requireProblem(t, a.ask(http.MethodGet, "/swagger/"+name, ""), http.StatusNotFound)
	}
}

func TestRouter_UnknownPathsAndMethodsAreProblems(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	for _, path := range []string{"/api", "/api/v1", "/api/v1/", "/api/v1/messages/", "/api/v1/scheduler/", "/API/v1/scheduler", "/api/v2/messages", "/x"} {
		requireProblem(t, a.ask(http.MethodGet, path, ""), http.StatusNotFound)
	}
	for path, allow := range map[string]string{
		"/api/v1/messages":          "GET, HEAD, POST",
		"/api/v1/messages/1":        "GET, HEAD, DELETE",
		"/api/v1/messages/1/cancel": "POST",
		"/api/v1/delivery-reports":  "POST",
		"/api/v1/scheduler/start":   "POST",
		"/api/v1/scheduler/pace":    "PUT",
		"/api/v1/stats":             "GET, HEAD",
		"/livez":                    "GET, HEAD",
	} {
		answer := a.ask(http.MethodPatch, path, "")
		requireProblem(t, answer, http.StatusMethodNotAllowed)
		require.ElementsMatch(t, strings.Split(allow, ", "), strings.Split(answer.Header().Get("Allow"), ", "), path)
	}
}

func TestRouter_AsksForAKeyOnTheAPIAndNowhereElse(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	table, err := routes(a.deps, handlers.NewProblems(a.deps.Log))
	require.NoError(t, err)
	for _, route := range table {
		methods := []string{route.method}
		if route.method == http.MethodGet && route.limits != endless {
			methods = append(methods, http.MethodHead)
		}
		for _, method := range methods {
			path := examplePath(route)
			wrong := a.ask(method, path, "", withHeader("X-API-Key", otherKey))
			if strings.HasPrefix(path, "/api/") {
				requireProblem(t, wrong, http.StatusUnauthorized)
				require.NotEmpty(t, wrong.Header().Get("WWW-Authenticate"))
				require.NotEqual(t, http.StatusUnauthorized, a.ask(method, path, "").Code, path)
				continue
			}
			require.Less(t, wrong.Code, 400, path)
		}
	}
	open := startAPI(t, func(a *api) { a.deps.Keys = new(middleware.Keyring) })
	require.Equal(t, http.StatusOK, open.ask(http.MethodGet, "/api/v1/scheduler", "", withHeader("X-API-Key", "")).Code)
}

// examplePath returns a path of the route, of something that is there where there has to be.
func examplePath(r route) string {
	return strings.NewReplacer(":id", "1", ":file", "index.html", "*file", "0/app.js").Replace(r.path)
}

func TestRouter_LimitsEveryPathButTheProbesAndThePagesFiles(t *testing.T) {
	t.Parallel()
	a := startAPI(t, func(a *api) { a.deps.Limiter = limiterOf(t, 10, a.deps) })
	table, err := routes(a.deps, handlers.NewProblems(a.deps.Log))
	require.NoError(t, err)
	for range 10 {
		require.Equal(t, http.StatusOK, a.ask(http.MethodGet, "/api/v1/scheduler", "").Code)
	}
	for _, route := range table {
		path := examplePath(route)
		for _, spoofed := range []string{"", "198.51.100.9"} {
			answer := a.ask(route.method, path, "", withHeader("X-Forwarded-For", spoofed))
			if route.access == anybody || (route.access == browsers && route.pace == unlimited) {
				require.Equal(t, http.StatusOK, answer.Code, path)
				require.Empty(t, answer.Header().Get("X-RateLimit-Limit"), path)
				continue
			}
			requireProblem(t, answer, http.StatusTooManyRequests)
			require.NotEmpty(t, answer.Header().Get("Retry-After"), path)
			require.Equal(t, "10", answer.Header().Get("X-RateLimit-Limit"), path)
		}
	}
	requireProblem(t, a.ask(http.MethodGet, "/x", ""), http.StatusTooManyRequests)
	requireProblem(t, a.ask(http.MethodPatch, "/api/v1/messages", ""), http.StatusTooManyRequests)
}

func TestRouter_BelievesTheProxiesItWasTold(t *testing.T) {
	t.Parallel()
	a := startAPI(t, func(a *api) {
		a.deps.Limiter = limiterOf(t, 1, a.deps)
		a.deps.TrustedProxies = []string{"192.0.2.0/24"} // where httptest's requests come from
	})
	for _, client := range []string{"198.51.100.1", "198.51.100.2"} {
		ask := func() int {
			return a.ask(http.MethodGet, "/api/v1/scheduler", "", withHeader("X-Forwarded-For", client)).Code
		}
		require.Equal(t, http.StatusOK, ask())
		require.Equal(t, http.StatusTooManyRequests, ask())
	}
	a.deps.TrustedProxies = []string{"nonsense"}
	_, err := newRouter(a.deps)
	require.ErrorContains(t, err, "trusted proxies")
}

func TestRouter_RefusesChangesForOtherPages(t *testing.T) {
	t.Parallel()
	a := startAPI(t, func(a *api) { a.deps.Keys = new(middleware.Keyring) })
	answer := a.ask(http.MethodPost, "/api/v1/scheduler/start", "", withHeader("Sec-Fetch-Site", "cross-site"))
	requireProblem(t, answer, http.StatusForbidden)
	state, err := a.store.Scheduler(t.Context())
	require.NoError(t, err)
	require.False(t, state.Running)
}

func TestRouter_AnswersHEADLikeGET(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	server := httptest.NewServer(a.engine)
	t.Cleanup(server.Close)
	for _, path := range []string{"/livez", "/readyz", "/api/v1/scheduler", "/api/v1/messages/sent", "/openapi.json"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+path, nil)
		require.NoError(t, err)
		request.Header.Set("X-API-Key", testKey)
		answer, err := server.Client().Do(request)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusOK, answer.StatusCode, path)
		require.Empty(t, body)
		require.Positive(t, answer.ContentLength, path)
	}
	server.Client().CloseIdleConnections()
}

func TestRouter_NeedsItsParts(t *testing.T) {
	t.Parallel()
	_, err := newRouter(routerDeps{})
	require.ErrorContains(t, err, "is required")
	_, err = newWaitingRouter(routerDeps{})
	require.ErrorContains(t, err, "are required")
}

func TestRouter_LocalOnlyAnswersThisMachinesNamesOnly(t *testing.T) {
	t.Parallel()
	a := startAPI(t, func(a *api) { a.deps.LocalOnly = true })
	for host, status := range map[string]int{
		"localhost:8080": http.StatusOK, "127.0.0.1:8080": http.StatusOK, "[::1]:8080": http.StatusOK, "localhost": http.StatusOK,
		"evil.example:8080": http.StatusForbidden, "127.0.0.1.evil.example": http.StatusForbidden, "10.0.0.1:8080": http.StatusForbidden,
	} {
		answer := a.ask(http.MethodGet, "/api/v1/scheduler", "", func(r *http.Request) { r.Host = host })
		require.Equal(t, status, answer.Code, host)
	}
	require.Equal(t, http.StatusOK, a.ask(http.MethodGet, "/livez", "", func(r *http.Request) { r.Host = "probe.example" }).Code)
}

func TestRouter_AnIDMayHaveASlash(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	require.NoError(t, a.store.Accept(t.Context(), models.Message{
		ID: models.ID{Text: "order 42/ş"}, To: "+905551111111", Content: "hi", CreatedAt: time.Now(), //nolint:forbidigo // a real store
	}))
	require.Equal(t, http.StatusOK, a.ask(http.MethodGet, "/api/v1/messages/order%2042%2F%C5%9F", "").Code)
}
