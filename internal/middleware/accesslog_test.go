package middleware_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/middleware"
)

func TestAccessLog_TellsWhatItMayAndNothingElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := setup(t)
		c.serve(func(c *gin.Context) {
			time.Sleep(30 * time.Millisecond) //nolint:forbidigo // the bubble's clock
			ok(c)
		}, middleware.RequestID(func() string { return "r-1" }), middleware.AccessLog(c.log, wallClock))

		c.ask(http.MethodPost, "/thing?to=%2B905551234567", header("Authorization", "Bearer secret"))

		require.Len(t, c.lines.AllEntries(), 1)
		line := c.lines.LastEntry()
		require.Equal(t, logrus.InfoLevel, line.Level)
		require.Equal(t, logrus.Fields{
			"method": "POST", "route": "/thing", "status": 200, "duration_ms": int64(30),
			"request_id": "r-1", "client": "192.0.2.1",
		}, line.Data)
	})
}

func TestAccessLog_NamesWhatTheClientMadeUpByWordsOfOurs(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.serve(ok, middleware.AccessLog(c.log, wallClock))

	c.ask(http.MethodGet, "/905551234567")
	require.Equal(t, "unmatched", c.lines.LastEntry().Data["route"])
	require.Equal(t, 404, c.lines.LastEntry().Data["status"])

	c.ask("P905551234567", "/thing")
	require.Equal(t, "OTHER", c.lines.LastEntry().Data["method"])
}

func TestAccessLog_LevelFollowsTheAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path   string
		status int
		want   logrus.Level
	}{
		"an answer":       {"/thing", 200, logrus.InfoLevel},
		"a refusal":       {"/thing", 400, logrus.InfoLevel},
		"a failure":       {"/thing", 503, logrus.ErrorLevel},
		"a probe":         {"/readyz", 200, logrus.DebugLevel},
		"a failing probe": {"/readyz", 503, logrus.DebugLevel},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := setup(t)
			c.serve(func(c *gin.Context) { c.Status(tt.status) }, middleware.AccessLog(c.log, wallClock))
			c.ask(http.MethodGet, tt.path)
			require.Equal(t, tt.want, c.lines.LastEntry().Level)
		})
	}
}
