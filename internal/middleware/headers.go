package middleware

import "github.com/gin-gonic/gin"

// SecurityHeaders forbids browsers whatever a JSON API does not need: to guess
// types, to show the answer in a frame, to run or load anything, to keep it.
// Strict-Transport-Security is not among it: that is for whoever ends TLS.
func SecurityHeaders(c *gin.Context) {
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("X-Frame-Options", "DENY")
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("X-Permitted-Cross-Domain-Policies", "none")
	c.Header("Cross-Origin-Resource-Policy", "same-origin")
	c.Header("Cross-Origin-Opener-Policy", "same-origin")
	c.Header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	c.Header("Cache-Control", "no-store")
	c.Next()
}

// PageHeaders allows what our own pages need: scripts and styles of ours, and
// calls to our API. The documentation sets styles from its scripts, hence
// 'unsafe-inline' for those.
func PageHeaders(c *gin.Context) {
	c.Header("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "+
		"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	c.Header("Cache-Control", "no-cache")
	c.Next()
}
