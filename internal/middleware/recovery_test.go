package middleware_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/middleware"
)

func TestRecovery_AnswersAndTellsOnlyWhatIsSafe(t *testing.T) {
	t.Parallel()
	type message struct{ To string }
	tests := map[string]struct {
		panics any
		want   string
	}{
		"a value of ours":   {message{"+905551234567"}, "middleware_test.message"},
		"an error":          {errors.New("no route to +905551234567"), "*errors.errorString"},
		"a string":          {"+905551234567", "string"},
		"the runtime's own": {nil, "runtime error: index out of range [10] with length 0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := setup(t)
			c.serve(func(*gin.Context) {
				if tt.panics == nil {
					_ = strings.Fields("")[len(c.engine.Routes())]
				}
				panic(tt.panics)
			}, middleware.Recovery(c.problems, c.log))

			answer := c.ask(http.MethodGet, "/thing")
			require.Equal(t, http.StatusInternalServerError, answer.Code)
			require.Contains(t, problemOf(t, answer).Detail, "internal error")

			line := c.lines.AllEntries()[0]
			require.Equal(t, tt.want, line.Data["panic"])
			require.Contains(t, line.Data["stack"], "recovery_test.go")
			for _, line := range c.lines.AllEntries() {
				text, err := line.String()
				require.NoError(t, err)
				require.NotContains(t, text, "905551234567")
			}
		})
	}
}

func TestRecovery_LeavesAnAnswerThatHasBegunAlone(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.serve(func(c *gin.Context) {
		c.String(http.StatusOK, "half")
		panic("late")
	}, middleware.Recovery(c.problems, c.log))
	answer := c.ask(http.MethodGet, "/thing")
	require.Equal(t, http.StatusOK, answer.Code)
	require.Equal(t, "half", answer.Body.String())
}

func TestRecovery_LetsTheServerBreakOff(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.serve(func(*gin.Context) { panic(http.ErrAbortHandler) }, middleware.Recovery(c.problems, c.log))
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { c.ask(http.MethodGet, "/thing") })
	require.Empty(t, c.lines.AllEntries())
}
