package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/gin-gonic/gin"
	"github.com/sirupsen/logrus"

	"auto-message-sender/internal/handlers"
)

// Recovery answers a request whose handler panicked with a 500, and logs where.
func Recovery(problems *handlers.Problems, log logrus.FieldLogger) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			recovered := recover()
			if recovered == nil {
				return
			}
			if err, ok := recovered.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(recovered) // the server's own way to break a connection off
			}
			log.WithFields(logrus.Fields{
				"request_id": handlers.RequestID(c.Request.Context()),
				"panic":      describe(recovered),
				"stack":      string(debug.Stack()),
			}).Error("handler panicked")
			c.Abort()
			// Once the answer has begun nothing can be taken back.
			if !c.Writer.Written() {
				problems.Answer(c, errPanicked)
			}
		}()
		c.Next()
	}
}

// errPanicked has no kind, and so is an internal error.
var errPanicked = errors.New("handler panicked")

// describe tells the runtime's own errors as they are. Of any other value only
// the type is told: it may hold a message.
func describe(recovered any) string {
	if err, ok := recovered.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", recovered)
}
