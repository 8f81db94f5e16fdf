package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

// Providers add fields to their reports as they please, and their clocks are not ours.
func TestReport_PassesOverWhatItDoesNotKnowAndRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		code int
		says string
	}{
		"fields of the provider":    {`{"messageId":"p-1","status":"delivered","price":0.1,"Status":"x","to":{"a":[1]}}`, http.StatusOK, "applied"},
		"our field twice":           {`{"messageId":"p-1","status":"delivered","status":"failed"}`, http.StatusBadRequest, "more than once"},
		"theirs twice":              {`{"messageId":"p-1","status":"delivered","a":1,"a":2}`, http.StatusBadRequest, "more than once"},
		"a clock a little ahead":    {`{"messageId":"p-1","status":"delivered","occurred_at":"2026-01-02T12:09:05.6Z"}`, http.StatusOK, "applied"},
		"tomorrow":                  {`{"messageId":"p-1","status":"delivered","occurred_at":"2026-01-02T12:09:06Z"}`, http.StatusBadRequest, "lies ahead"},
		"another spelling of ours":  {`{"MessageId":"p-1","status":"delivered"}`, http.StatusBadRequest, "messageId"},
		"fields of ours only wrong": {`{"messageId":1,"status":"delivered"}`, http.StatusBadRequest, "must be a string"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &store{deliver: func(models.DeliveryReport) (bool, error) { return true, nil }}
			log, _ := logged()
			endpoint := handlers.Handle(handlers.NewProblems(log), handlers.ReportBody, newReports(t, s, nil).Report, handlers.OK)
			answer := ask(endpoint, http.MethodPost, "", "application/json", strings.NewReader(tt.body))
			require.Equal(t, tt.code, answer.Code, answer.Body)
			require.Contains(t, answer.Body.String(), tt.says)
		})
	}
}
