package middleware

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"auto-message-sender/internal/handlers"
)

// What web pages of other origins may do and see (Fetch standard, 3.2). Keys
// travel in a header of their own, so no credentials of the browser's are let
// through.
const (
	corsMethods = "GET, HEAD, POST, PUT, DELETE"
	corsHeaders = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-API-Key, X-Request-ID"
	corsExposed = "Idempotent-Replayed, Link, Location, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-ID"
	corsMaxAge  = "600" // seconds that a browser need not ask again

	// foreignPage is not to be seen by the page itself, but by whoever made it.
	foreignPage = "a web page of another origin may not call this API, unless its origin is among CORS_ALLOWED_ORIGINS"
)

// CORS lets web pages of the given origins, exactly as browsers write them, call
// the API and read its answers, errors included. It answers preflights itself; one
// of another page's is refused in words that say what would let it in, because the
// browser tells the page nothing. Without origins browsers keep every page out but
// our own.
func CORS(origins []string, problems *handlers.Problems) gin.HandlerFunc {
	return func(c *gin.Context) {
		header, origin := c.Writer.Header(), c.GetHeader("Origin")
		if len(origins) > 0 {
			header.Add("Vary", "Origin") // also where it is refused: a cache must not give that answer to another
		}
		allowed := slices.Contains(origins, origin)
		if allowed {
			header.Set("Access-Control-Allow-Origin", origin)
		}
		isPreflight := origin != "" && c.Request.Method == http.MethodOptions && c.GetHeader("Access-Control-Request-Method") != ""
		switch {
		case isPreflight && !allowed:
			problems.Answer(c, handlers.Refuse(http.StatusForbidden, foreignPage))
		case isPreflight:
			header.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
			header.Set("Access-Control-Allow-Methods", corsMethods)
			header.Set("Access-Control-Allow-Headers", corsHeaders)
			header.Set("Access-Control-Max-Age", corsMaxAge)
			c.AbortWithStatus(http.StatusNoContent)
		case allowed:
			header.Set("Access-Control-Expose-Headers", corsExposed)
		}
	}
}
