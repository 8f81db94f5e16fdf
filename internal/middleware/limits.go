package middleware

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
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

// LocalHost refuses requests for any host but this machine. Where the API listens
// on loopback without keys, a web page whose name was made to resolve to 127.0.0.1
// (DNS rebinding) would otherwise be of the same origin as the API, and read it.
func LocalHost(problems *handlers.Problems) gin.HandlerFunc {
	return func(c *gin.Context) {
		host := c.Request.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		address, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if host != "localhost" && (err != nil || !address.Unmap().IsLoopback()) {
			problems.Answer(c, handlers.Refuse(http.StatusForbidden,
				"without API_KEYS this API answers on this machine's own names only: localhost, 127.0.0.1 or [::1]"))
			return
		}
		c.Next()
	}
}

// CrossOrigin refuses changes that a browser asks for on behalf of a web page
// of another origin, unless it is one of those given. Without keys the API is open
// to everybody on this machine, and so, through a browser, to every page that is
// open in it. An origin that is none is an error.
func CrossOrigin(origins []string, problems *handlers.Problems) (gin.HandlerFunc, error) {
	protection := http.NewCrossOriginProtection()
	for _, origin := range origins {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("allowed origins: %w", err)
		}
	}
	return func(c *gin.Context) {
		if err := protection.Check(c.Request); err != nil {
			problems.Answer(c, handlers.Refuse(http.StatusForbidden, foreignPage))
			return
		}
		c.Next()
	}, nil
}
