package middleware

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/handlers"
)

// AccessLog logs each request once, when it has been answered. Of its path only
// the route's pattern is logged: the path itself is the client's to write, and
// so are unknown methods.
func AccessLog(log logrus.FieldLogger, now func() time.Time) gin.HandlerFunc {
	return func(c *gin.Context) {
		begun := now()
		c.Next()
		status := c.Writer.Status()
		entry := log.WithFields(logrus.Fields{
			"method":      knownMethod(c.Request.Method),
			"route":       route(c),
			"status":      status,
			"duration_ms": now().Sub(begun).Milliseconds(),
			"request_id":  handlers.RequestID(c.Request.Context()),
			"client":      c.ClientIP(),
		})
		if id := c.GetString(traceIDKey); id != "" {
			entry = entry.WithField("trace_id", id)
		}
		switch {
		case isProbe(c.FullPath()):
			// Asked every few seconds, for ever; what changes is said by Probes.
			entry.Debug("request")
		case status >= http.StatusInternalServerError:
			entry.Error("request")
		default:
			entry.Info("request")
		}
	}
}

func route(c *gin.Context) string {
	if pattern := c.FullPath(); pattern != "" {
		return pattern
	}
	return "unmatched"
}

func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace:
		return method
	}
	return "OTHER"
}

func isProbe(pattern string) bool {
	return pattern == "/livez" || pattern == "/readyz" || pattern == "/healthz"
}
