package middleware

import (
	"github.com/gin-gonic/gin"

	"auto-message-sender/internal/handlers"
)

const (
	requestIDHeader    = "X-Request-ID"
	maxRequestIDLength = 64
)

// RequestID names the request: by the client's own X-Request-ID where that is
// short and plain, so that it can follow its request through our log, otherwise
// by newID. The name is echoed, and carried by the request's context.
func RequestID(newID func() string) gin.HandlerFunc {
	return func(c *gin.Context) {
		id := c.GetHeader(requestIDHeader)
		if !isPlainID(id) {
			id = newID()
		}
		c.Header(requestIDHeader, id)
		c.Request = c.Request.WithContext(handlers.WithRequestID(c.Request.Context(), id))
		c.Next()
	}
}

// isPlainID allows [A-Za-z0-9._-]: nothing that could forge a second line or
// field in a log.
func isPlainID(id string) bool {
	if id == "" || len(id) > maxRequestIDLength {
		return false
	}
	for _, char := range []byte(id) {
		switch {
		case 'a' <= char && char <= 'z', 'A' <= char && char <= 'Z', '0' <= char && char <= '9',
			char == '.', char == '_', char == '-':
		default:
			return false
		}
	}
	return true
}
