package middleware_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
)

func TestRequestID_TakesTheClientsOnlyWhenItIsShortAndPlain(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, sent, want string }{
		{"none", "", "ours"},
		{"plain", "Order-7.b_2", "Order-7.b_2"},
		{"64 characters", strings.Repeat("a", 64), strings.Repeat("a", 64)},
		{"65 characters", strings.Repeat("a", 65), "ours"},
		{"a space", "a b", "ours"},
		{"a line break", "a\nlevel=error", "ours"},
		{"a phone number", "+905551234567", "ours"},
		{"another script", "ş", "ours"},
		{"quotes", `"`, "ours"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := setup(t)
			c.serve(func(c *gin.Context) {
				c.String(http.StatusOK, handlers.RequestID(c.Request.Context()))
			}, middleware.RequestID(func() string { return "ours" }))
			answer := c.ask(http.MethodGet, "/thing", func(r *http.Request) {
				if tt.sent != "" {
					r.Header["X-Request-Id"] = []string{tt.sent}
				}
			})
			require.Equal(t, tt.want, answer.Body.String(), "in the context")
			require.Equal(t, tt.want, answer.Header().Get("X-Request-ID"), "echoed")
		})
	}
}
