package middleware_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
	"auto-message-sender/internal/models"
)

// FuzzHeaders holds that no header gets past what it is meant for: only the key
// opens, only a plain id is echoed, only an allowed origin is let in, and only a
// trusted proxy says who the client is.
func FuzzHeaders(f *testing.F) {
	const key, origin = "0123456789abcdef0123", "https://app.example"
	for _, seed := range []string{"", key, "Bearer " + key, "bearer  " + key, "Basic " + key, "a\r\nX-Evil: 1", origin, "null", "*", "1.2.3.4, 5.6.7.8", "\x00", strings.Repeat("a", 65)} {
		f.Add(seed, seed, seed, seed, seed)
		f.Add("", "Bearer "+key, seed, seed, seed)
	}
	problems := handlers.NewProblems(nil)
	keys := new(middleware.Keyring)
	keys.Add("fuzz", models.RoleSender, key)
	guard, err := middleware.CrossOrigin([]string{origin}, problems)
	require.NoError(f, err)
	engine := gin.New()
	require.NoError(f, engine.SetTrustedProxies(nil))
	var client string
	engine.Use(middleware.RequestID(func() string { return "made-up" }), middleware.SecurityHeaders, middleware.CORS([]string{origin}, problems),
		middleware.Deadline(time.Minute), guard, middleware.LocalHost(problems), middleware.Authenticate(keys, problems),
		middleware.Require(models.RoleSender, problems))
	engine.POST("/thing", func(c *gin.Context) { client = c.ClientIP(); ok(c) })
	c := &chain{engine: engine}
	f.Fuzz(func(t *testing.T, apiKey, authorization, requestID, from, host string) {
		answer := c.ask(http.MethodPost, "/thing", func(r *http.Request) {
			r.Header = http.Header{
				"X-Api-Key": {apiKey}, "Authorization": {authorization}, "X-Request-Id": {requestID}, "Origin": {from},
				"X-Forwarded-For": {from}, "Forwarded": {"for=" + from}, "X-Real-Ip": {from},
			}
			r.Host = host
		})
		require.Contains(t, []int{http.StatusOK, http.StatusUnauthorized, http.StatusForbidden}, answer.Code)
		echoed := answer.Header().Get("X-Request-ID")
		require.Regexp(t, `^[A-Za-z0-9._-]{1,64}$`, echoed)
		require.Contains(t, []string{requestID, "made-up"}, echoed)
		allowed := answer.Header().Get("Access-Control-Allow-Origin")
		require.Equal(t, from == origin, allowed != "")
		if answer.Code != http.StatusOK {
			return
		}
		require.Equal(t, "192.0.2.1", client)
		require.True(t, apiKey == key || strings.Contains(authorization, key), "%q %q", apiKey, authorization)
		name := strings.ToLower(host)
		require.True(t, strings.HasPrefix(name, "localhost") || strings.HasPrefix(name, "127.") || strings.Contains(name, ":"), host)
	})
}
