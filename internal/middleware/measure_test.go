package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/middleware"
)

func TestAnswered_TellsPatternsAndMethodsAndNeverWhatAClientMadeUp(t *testing.T) {
	t.Parallel()
	type answered struct {
		route, method string
		status        int
		took          time.Duration
	}
	var told []answered
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.Use(middleware.Answered(func(route, method string, status int, took time.Duration) {
		told = append(told, answered{route, method, status, took})
	}, func() time.Time { now = now.Add(time.Second); return now }))
	engine.GET("/messages/:id", func(c *gin.Context) { c.Status(http.StatusAccepted) })

	for _, request := range []struct{ method, path string }{
		{http.MethodGet, "/messages/+905551234567"},
		{http.MethodGet, "/nothing/+905551234567"},
		{"+905551234567", "/messages/1"},
		{http.MethodPost, "/messages/1"},
	} {
		engine.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), request.method, request.path, nil))
	}
	require.Equal(t, []answered{
		{"/messages/:id", http.MethodGet, http.StatusAccepted, time.Second},
		{"none", http.MethodGet, http.StatusNotFound, time.Second},
		{"none", "OTHER", http.StatusMethodNotAllowed, time.Second},
		{"none", http.MethodPost, http.StatusMethodNotAllowed, time.Second},
	}, told)
}

func TestAnswered_WithoutAnybodyToTellIsNoMiddlewareAtAll(t *testing.T) {
	t.Parallel()
	engine := gin.New()
	engine.Use(middleware.Answered(nil, nil))
	engine.GET("/", func(c *gin.Context) { c.Status(http.StatusAccepted) })
	answer := httptest.NewRecorder()
	engine.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	require.Equal(t, http.StatusAccepted, answer.Code)
}
