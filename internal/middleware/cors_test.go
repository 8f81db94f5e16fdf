package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
)

func TestCORS_AllowsTheOriginsGivenAndNoOther(t *testing.T) {
	t.Parallel()
	for origin, allowed := range map[string]bool{
		"https://app.example": true, "http://localhost:3000": true,
		"": false, "null": false, "*": false, "https://app.example:8443": false, "http://app.example": false,
		"https://app.example.evil.example": false, "https://evil.example/https://app.example": false, "https://APP.example": false,
		"https://xapp.example": false, "https://app.example,https://evil.example": false,
	} {
		c := setup(t)
		c.serve(ok, middleware.CORS([]string{"https://app.example", "http://localhost:3000"}, c.problems))
		for _, preflight := range []bool{false, true} {
			method := http.MethodGet
			if preflight {
				method = http.MethodOptions
			}
			answer := c.ask(method, "/thing", func(r *http.Request) {
				if origin != "" {
					r.Header.Set("Origin", origin)
				}
				if preflight {
					r.Header.Set("Access-Control-Request-Method", http.MethodPost)
					r.Header.Set("Access-Control-Request-Headers", "x-api-key")
				}
			})
			header := answer.Header()
			require.Contains(t, strings.Join(header.Values("Vary"), ", "), "Origin", origin)
			require.Empty(t, header.Get("Access-Control-Allow-Credentials"))
			if !allowed {
				require.Empty(t, header.Get("Access-Control-Allow-Origin"), origin)
				requireKeptOut(t, answer, preflight && origin != "")
				continue
			}
			require.Equal(t, origin, header.Get("Access-Control-Allow-Origin"))
			if preflight {
				requirePreflightTells(t, answer)
			} else {
				require.Equal(t, http.StatusOK, answer.Code)
				require.Contains(t, header.Get("Access-Control-Expose-Headers"), "Retry-After")
			}
		}
	}
}

// requireKeptOut demands that a preflight is refused; anything else the handler
// decides, and the page is not let see the answer.
func requireKeptOut(t *testing.T, answer *httptest.ResponseRecorder, preflight bool) {
	t.Helper()
	if !preflight {
		require.Equal(t, http.StatusOK, answer.Code)
		return
	}
	require.Equal(t, http.StatusForbidden, answer.Code)
	require.Contains(t, problemOf(t, answer).Detail, "CORS_ALLOWED_ORIGINS")
}

// requirePreflightTells demands that a preflight lets in all that the API takes.
func requirePreflightTells(t *testing.T, answer *httptest.ResponseRecorder) {
	t.Helper()
	header := answer.Header()
	require.Equal(t, http.StatusNoContent, answer.Code)
	for _, needed := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		require.Contains(t, header.Get("Access-Control-Allow-Methods"), needed)
	}
	for _, needed := range []string{"X-API-Key", "Idempotency-Key", "Last-Event-ID"} {
		require.Contains(t, header.Get("Access-Control-Allow-Headers"), needed)
	}
	require.Equal(t, "600", header.Get("Access-Control-Max-Age"))
}

func TestCORS_IsOffUnlessConfigured(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.serve(ok, middleware.CORS(nil, c.problems))
	for method, want := range map[string]int{http.MethodGet: http.StatusOK, http.MethodOptions: http.StatusForbidden} {
		answer := c.ask(method, "/thing", header("Origin", "https://app.example"), header("Access-Control-Request-Method", "POST"))
		require.Equal(t, want, answer.Code)
		for name := range answer.Header() {
			require.False(t, strings.HasPrefix(name, "Access-Control"), name)
			require.NotEqual(t, "Vary", name)
		}
	}
}

func TestCrossOrigin_TakesOriginsOnly(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"*", "app.example", "https://app.example/"} {
		_, err := middleware.CrossOrigin([]string{wrong}, handlers.NewProblems(nil))
		require.Error(t, err, wrong)
	}
}

func TestSecurityHeaders_AreOnEveryAnswer(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.engine.Use(middleware.SecurityHeaders)
	c.engine.GET("/page", middleware.PageHeaders, ok)
	c.engine.GET("/error", func(g *gin.Context) { c.problems.Answer(g, handlers.Refuse(http.StatusTeapot, "no")) })
	for path, csp := range map[string]string{"/page": "default-src 'self'", "/error": "default-src 'none'", "/nothing": "default-src 'none'"} {
		got := c.ask(http.MethodGet, path).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"X-Permitted-Cross-Domain-Policies": "none", "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			require.Equal(t, want, got.Get(name), path)
		}
		require.Contains(t, got.Get("Content-Security-Policy"), csp)
		require.Contains(t, got.Get("Content-Security-Policy"), "frame-ancestors 'none'")
		require.Contains(t, []string{"no-store", "no-cache"}, got.Get("Cache-Control"))
	}
}
