package middleware

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"
)

// traceIDKey is where AccessLog finds the trace's id.
const traceIDKey = "trace_id"

// Follow begins the trace of a request, by its header: the id is empty where it is not
// kept, and end must be called with the status of the answer.
type Follow func(ctx context.Context, header http.Header, method, route string) (_ context.Context, id string, end func(status int))

// Trace lets follow see each request but the probes', which come for ever; nil: nobody.
func Trace(follow Follow) gin.HandlerFunc {
	if follow == nil {
		return func(*gin.Context) {}
	}
	return func(c *gin.Context) {
		if isProbe(c.FullPath()) {
			return
		}
		ctx, id, end := follow(c.Request.Context(), c.Request.Header, knownMethod(c.Request.Method), c.FullPath())
		c.Request = c.Request.WithContext(ctx)
		if id != "" {
			c.Set(traceIDKey, id)
		}
		defer func() { end(c.Writer.Status()) }()
		c.Next()
	}
}
