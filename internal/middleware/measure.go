package middleware

import (
	"time"

	"github.com/gin-gonic/gin"
)

// Measure is told of each request that was answered: by the pattern of its route,
// "none" where it has none, and a method that HTTP knows.
type Measure func(route, method string, status int, took time.Duration)

// Answered tells measure of each request; nil: nobody. One that goes on until its
// client leaves is told of then.
func Answered(measure Measure, now func() time.Time) gin.HandlerFunc {
	if measure == nil {
		return func(*gin.Context) {}
	}
	return func(c *gin.Context) {
		begun := now()
		c.Next()
		pattern := c.FullPath()
		if pattern == "" {
			pattern = "none"
		}
		measure(pattern, knownMethod(c.Request.Method), c.Writer.Status(), now().Sub(begun))
	}
}
