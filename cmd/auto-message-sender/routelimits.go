package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
	"auto-message-sender/internal/models"
)

const (
	maxBody      = 64 << 10 // of a request, in bytes
	maxBatchBody = 16 << 20

	// longTimeout is what a request may take that does much at once: more than
	// handlers.BulkBudget, and the step that was begun within it.
	longTimeout = handlers.BulkBudget + 15*time.Second
	// answerTime is what is left after that to write the answer.
	answerTime = writeTimeout - requestTimeout
)

// limits says how long a request may take, and how large it may be.
type limits int

const (
	usual   limits = iota // routerDeps.RequestTimeout and maxBody
	long                  // longTimeout and maxBody
	large                 // longTimeout and maxBatchBody
	endless               // until the client goes, and maxBody
)

// steps is what requests pass between the engine's own middleware and their handler.
type steps struct {
	deps     routerDeps
	problems *handlers.Problems
	limit    gin.HandlerFunc
	guards   []gin.HandlerFunc // before what browsers are not to call for other pages
	key      gin.HandlerFunc
}

func newSteps(deps routerDeps, problems *handlers.Problems) (*steps, error) {
	crossOrigin, err := middleware.CrossOrigin(deps.Origins, problems)
	if err != nil {
		return nil, fmt.Errorf("router: %w", err)
	}
	s := &steps{
		deps: deps, problems: problems, limit: deps.Limiter.Limit(problems),
		guards: []gin.HandlerFunc{crossOrigin}, key: middleware.Authenticate(deps.Keys, problems),
	}
	if deps.LocalOnly {
		s.guards = []gin.HandlerFunc{middleware.LocalHost(problems), crossOrigin}
	}
	return s, nil
}

// chain returns what the requests of a route pass, its handler the last.
func (s *steps) chain(r route) []gin.HandlerFunc {
	chain := s.bounds(r.limits)
	if r.pace == limited {
		// Before the keys: guessing them is limited, too.
		chain = append(chain, s.limit)
	}
	switch r.access {
	case browsers:
		chain = append(chain, middleware.PageHeaders)
	case reporters:
		chain = append(append(chain, s.guards...), s.deps.Reporters...)
	case readers, senders, operators:
		chain = append(append(chain, s.guards...), s.key, middleware.Require(r.access.role(), s.problems))
	case anybody:
	}
	if r.limits == long || r.limits == large {
		chain = append(chain, patience)
	}
	return append(chain, r.handler)
}

// bounds returns what holds a request to its limits.
func (s *steps) bounds(l limits) []gin.HandlerFunc {
	body := middleware.BodyLimit(maxBody, s.problems)
	switch l {
	case usual:
		return []gin.HandlerFunc{middleware.Deadline(s.deps.RequestTimeout), body}
	case long:
		return []gin.HandlerFunc{middleware.Deadline(longTimeout), body}
	case large:
		return []gin.HandlerFunc{middleware.Deadline(longTimeout), middleware.BodyLimit(maxBatchBody, s.problems)}
	case endless:
	}
	return []gin.HandlerFunc{body}
}

// role is what a key needs to pass.
func (a access) role() models.Role {
	switch a {
	case senders:
		return models.RoleSender
	case operators:
		return models.RoleOperator
	case readers, anybody, browsers, reporters:
	}
	return models.RoleReader
}

// patience gives the connection the time that the route has, where the server would
// give it up before. It stands after the keys: nobody else is waited for so long.
func patience(c *gin.Context) {
	connection := http.NewResponseController(c.Writer)
	until, ok := c.Request.Context().Deadline()
	if !ok {
		return
	}
	// A recorder has no deadlines, and needs none.
	_ = connection.SetReadDeadline(until)
	_ = connection.SetWriteDeadline(until.Add(answerTime))
}
