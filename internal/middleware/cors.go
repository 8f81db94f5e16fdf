package middleware

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
)

// What web pages of other origins may do and see (Fetch standard, 3.2). Keys
// travel in a header of their own, so no credentials of the browser's are let
// through.
const (
	corsMethods = "GET, HEAD, POST"
	corsHeaders = "Authorization, Content-Type, X-API-Key, X-Request-ID"
	corsExposed = "Link, Location, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-ID"
	corsMaxAge  = "600" // seconds that a browser need not ask again
)

// CORS lets web pages of the given origins, exactly as browsers write them, call
// the API and read its answers, errors included. It answers their preflights
// itself. Without origins it does nothing, and browsers keep every page out but
// our own.
func CORS(origins []string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if len(origins) == 0 {
			return
		}
		header := c.Writer.Header()
		header.Add("Vary", "Origin") // also where it is refused: a cache must not give that answer to another
		origin := c.GetHeader("Origin")
		if !slices.Contains(origins, origin) {
			return
		}
		header.Set("Access-Control-Allow-Origin", origin)
		if c.Request.Method != http.MethodOptions || c.GetHeader("Access-Control-Request-Method") == "" {
			header.Set("Access-Control-Expose-Headers", corsExposed)
			return
		}
		header.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
		header.Set("Access-Control-Allow-Methods", corsMethods)
		header.Set("Access-Control-Allow-Headers", corsHeaders)
		header.Set("Access-Control-Max-Age", corsMaxAge)
		c.AbortWithStatus(http.StatusNoContent)
	}
}
