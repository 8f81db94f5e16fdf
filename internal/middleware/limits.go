package middleware

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"auto-message-sender/internal/handlers"
)

// BodyLimit refuses a body of more than limit bytes: at once where the client
// says so, otherwise as soon as it is read that far.
func BodyLimit(limit int64, problems *handlers.Problems) gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.Request.ContentLength > limit {
			problems.Answer(c, handlers.TooLarge(limit))
			return
		}
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
		c.Next()
	}
}

// Deadline ends the request's context after the limit, which is to be less than
// the server's write timeout: past that, no answer can be given at all.
func Deadline(limit time.Duration) gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), limit)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	}
}

// CrossOrigin refuses changes that a browser asks for on behalf of a web page
// of another origin. Without keys the API is open to everybody on this machine,
// and so, through a browser, to every page that is open in it.
func CrossOrigin(problems *handlers.Problems) gin.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c *gin.Context) {
		if err := protection.Check(c.Request); err != nil {
			problems.Answer(c, handlers.Refuse(http.StatusForbidden, "a web page of another origin may not call this API"))
			return
		}
		c.Next()
	}
}
