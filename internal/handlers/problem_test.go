package handlers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

func TestProblems_OneAnswerForEachKind(t *testing.T) {
	t.Parallel()
	cause := errors.New("dial tcp 10.0.0.7:27017: connection refused")
	tests := []struct {
		name   string
		err    error
		status int
		detail string
		logged bool
	}{
		{"invalid", models.Invalid(models.FieldError{Field: "to", Message: "is odd"}), 400, "the request is not valid: to is odd", false},
		{"not found", models.NotFound("there is none"), 404, "there is none", false},
		{"conflict", models.Conflict("it runs"), 409, "it runs", false},
		{"unavailable", models.Unavailable("the store is away", cause), 503, "the store is away", true},
		{"corrupt", &models.Error{Kind: models.KindCorrupt, Detail: "the store is damaged", Cause: cause}, 503, "the store is damaged", true},
		{"wrapped", fmt.Errorf("start the scheduler: %w", models.Conflict("it runs")), 409, "it runs", false},
		{"a kind of no meaning", &models.Error{Kind: 99, Detail: "secret"}, 500, "an internal error", true},
		{"no kind", cause, 500, "an internal error", true},
		{"too late", fmt.Errorf("read: %w", context.DeadlineExceeded), 503, "took too long", true},
		{"too late in words of the store", models.Unavailable("the store is slow", context.DeadlineExceeded), 503, "the store is slow", true},
		{"of HTTP alone", handlers.Refuse(http.StatusTeapot, "no coffee"), 418, "no coffee", false},
		{"too large", handlers.TooLarge(7), 413, "larger than 7 bytes", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			log, lines := logged()
			endpoint := handlers.Handle(handlers.NewProblems(log), handlers.NoRequest,
				func(context.Context, handlers.Nothing) (handlers.Nothing, error) { return handlers.Nothing{}, tt.err }, handlers.OK)

			answer := get(endpoint)
			require.Equal(t, tt.status, answer.Code)
			require.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"))
			var problem handlers.Problem
			require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &problem))
			require.Equal(t, tt.status, problem.Status)
			require.Equal(t, http.StatusText(tt.status), problem.Title)
			require.Contains(t, problem.Detail, tt.detail)
			require.Equal(t, problem.Detail, problem.Error)
			require.NotContains(t, answer.Body.String(), "10.0.0.7", "causes are for the log")
			require.Equal(t, tt.status == http.StatusServiceUnavailable, answer.Header().Get("Retry-After") != "")
			if !tt.logged {
				require.Empty(t, lines.AllEntries(), "the client's own fault")
				return
			}
			require.Equal(t, tt.err, lines.LastEntry().Data["error"], "with its cause")
		})
	}
}
