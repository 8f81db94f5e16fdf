package middleware_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/internal/handlers"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	goleak.VerifyTestMain(m)
}

// chain is an engine with the middleware under test before one handler.
type chain struct {
	engine   *gin.Engine
	problems *handlers.Problems
	log      *logrus.Logger
	lines    *logtest.Hook
}

// setup returns an empty chain; serve puts the middleware and the handler in.
func setup(t *testing.T) *chain {
	t.Helper()
	log, lines := logtest.NewNullLogger()
	log.SetLevel(logrus.TraceLevel)
	c := &chain{engine: gin.New(), problems: handlers.NewProblems(log), log: log, lines: lines}
	require.NoError(t, c.engine.SetTrustedProxies(nil))
	return c
}

// serve answers /thing by the handler, after the middleware.
func (c *chain) serve(handler gin.HandlerFunc, before ...gin.HandlerFunc) {
	c.engine.Use(before...)
	c.engine.Any("/thing", handler)
	c.engine.GET("/readyz", handler)
}

// ask sends a request from 192.0.2.1 and returns the answer.
func (c *chain) ask(method, path string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	return c.send(method, path, nil, change...)
}

func (c *chain) send(method, path string, body io.Reader, change ...func(*http.Request)) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, path, body) //nolint:noctx // it gets the test server's background context
	for _, apply := range change {
		apply(request)
	}
	answer := httptest.NewRecorder()
	c.engine.ServeHTTP(answer, request)
	return answer
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func from(address string) func(*http.Request) {
	return func(r *http.Request) { r.RemoteAddr = address }
}

// problemOf returns the problem that an answer is.
func problemOf(t *testing.T, answer *httptest.ResponseRecorder) handlers.Problem {
	t.Helper()
	require.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"), answer.Body.String())
	var problem handlers.Problem
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &problem))
	require.Equal(t, answer.Code, problem.Status)
	require.NotEmpty(t, problem.Detail)
	return problem
}

func ok(c *gin.Context) { c.String(http.StatusOK, "done") }

func wallClock() time.Time { return time.Now() } //nolint:forbidigo // the limiter's own clock, or that of a bubble
