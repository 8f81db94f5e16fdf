package middleware_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/middleware"
)

func TestTrace_FollowsRequestsButNoProbesAndTheLineHasItsID(t *testing.T) {
	t.Parallel()
	type known struct{}
	var followed []string
	var ended []int
	lines := new(bytes.Buffer)
	log := logrus.New()
	log.SetOutput(lines)
	log.SetLevel(logrus.DebugLevel)
	engine := gin.New()
	engine.Use(
		middleware.AccessLog(log, func() time.Time { return time.Time{} }),
		middleware.Trace(func(ctx context.Context, header http.Header, method, route string) (context.Context, string, func(int)) {
			followed = append(followed, method+" "+route+" "+header.Get("Traceparent"))
			return context.WithValue(ctx, known{}, true), "trace-1", func(status int) { ended = append(ended, status) }
		}))
	for _, path := range []string{"/messages/:id", "/livez", "/readyz", "/healthz"} {
		engine.GET(path, func(c *gin.Context) {
			if c.Request.Context().Value(known{}) != nil {
				c.Status(http.StatusAccepted)
			}
		})
	}
	for _, path := range []string{"/messages/+905551234567", "/livez", "/readyz", "/healthz", "/nothing/+905551234567"} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		request.Header.Set("Traceparent", "from outside")
		engine.ServeHTTP(httptest.NewRecorder(), request)
	}
	require.Equal(t, []string{"GET /messages/:id from outside", "GET  from outside"}, followed)
	require.Equal(t, []int{http.StatusAccepted, http.StatusNotFound}, ended)
	require.Equal(t, 2, bytes.Count(lines.Bytes(), []byte("trace_id=trace-1")))
}
