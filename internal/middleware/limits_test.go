package middleware_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
)

func TestBodyLimit_RefusesWhatIsLonger(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		length  int
		chunked bool
		want    int
	}{
		"nothing":                   {0, false, 200},
		"exactly the limit":         {100, false, 200},
		"exactly the limit, unsaid": {100, true, 200},
		"a byte more":               {101, false, 413},
		"a byte more, unsaid":       {101, true, 413},
		"very much more, unsaid":    {1 << 20, true, 413},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := setup(t)
			type anything struct{}
			c.serve(func(c *gin.Context) {
				if _, err := handlers.OptionalJSONBody[anything](c); err != nil && tt.want != 200 {
					c.Abort()
					handlers.NewProblems(nil).Answer(c, err)
					return
				}
				ok(c)
			}, middleware.BodyLimit(100, c.problems))
			var body io.Reader = strings.NewReader(strings.Repeat("x", tt.length))
			answer := c.send(http.MethodPost, "/thing", body, func(r *http.Request) {
				if tt.chunked {
					r.ContentLength = -1
				}
			})
			require.Equal(t, tt.want, answer.Code)
			if tt.want == 413 {
				require.Contains(t, problemOf(t, answer).Detail, "larger than 100 bytes")
			}
		})
	}
}

func TestDeadline_EndsTheRequestsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := setup(t)
		c.serve(func(g *gin.Context) {
			<-g.Request.Context().Done()
			c.problems.Answer(g, g.Request.Context().Err())
		}, middleware.Deadline(5*time.Second))
		answer := c.ask(http.MethodGet, "/thing")
		require.Equal(t, http.StatusServiceUnavailable, answer.Code)
		require.Contains(t, problemOf(t, answer).Detail, "took too long")
		require.NotEmpty(t, answer.Header().Get("Retry-After"))
	})
}

func TestCrossOrigin_RefusesOtherPagesAndNobodyElse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		method string
		site   string // Sec-Fetch-Site
		origin string
		want   int
	}{
		{"curl", http.MethodPost, "", "", 200},
		{"our own page", http.MethodPost, "same-origin", "http://example.com", 200},
		{"our own page in an old browser", http.MethodPost, "", "http://example.com", 200},
		{"typed into the address bar", http.MethodGet, "none", "", 200},
		{"another page reads", http.MethodGet, "cross-site", "http://evil.example", 200}, // and may not see the answer
		{"another page writes", http.MethodPost, "cross-site", "http://evil.example", 403},
		{"a page of another port writes", http.MethodPost, "same-site", "http://example.com:8000", 403},
		{"an allowed page writes", http.MethodPost, "cross-site", "https://app.example", 200},
		{"a page of nearly that name writes", http.MethodPost, "cross-site", "https://app.example.evil.example", 403},
		{"another page writes in an old browser", http.MethodPost, "", "http://evil.example", 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := setup(t)
			guard, err := middleware.CrossOrigin([]string{"https://app.example"}, c.problems)
			require.NoError(t, err)
			c.serve(ok, guard)
			answer := c.ask(tt.method, "/thing", func(r *http.Request) {
				for name, value := range map[string]string{"Sec-Fetch-Site": tt.site, "Origin": tt.origin} {
					if value != "" {
						r.Header.Set(name, value)
					}
				}
			})
			require.Equal(t, tt.want, answer.Code)
			if tt.want == 403 {
				require.Contains(t, problemOf(t, answer).Detail, "CORS_ALLOWED_ORIGINS")
			}
		})
	}
}
