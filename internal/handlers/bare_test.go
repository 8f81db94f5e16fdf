package handlers_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
)

func TestChangedID_RefusesWhatWouldNotBeDone(t *testing.T) {
	t.Parallel()
	log, _ := logged()
	called := 0
	endpoint := handlers.Handle(handlers.NewProblems(log), handlers.ChangedID, func(context.Context, string) (string, error) {
		called++
		return "done", nil
	}, handlers.OK)
	for name, tt := range map[string]struct {
		query, body string
		code        int
		says        string
	}{
		"a dry run":            {"dry_run=true", "", 400, "dry_run is not known; this takes no parameters"},
		"a query of no kind":   {"%zz", "", 400, "the query is malformed"},
		"a dry run, in a body": {"", `{"dry_run":true}`, 400, "must be left out, or be {}"},
		"no object":            {"", "[]", 400, "must be left out, or be {}"},
		"null":                 {"", "null", 400, "must be left out, or be {}"},
		"no JSON":              {"", "dry_run=true", 400, "must be left out, or be {}"},
		"two objects":          {"", "{}{}", 400, "must be left out, or be {}"},
		"no id":                {"", "{}", 404, "no message with this id"}, // all else was right: the test's path has none
		"no body":              {"", "", 404, "no message with this id"},
		"blanks":               {"", " { }\n", 404, "no message with this id"},
	} {
		answer := ask(endpoint, http.MethodPost, tt.query, "", strings.NewReader(tt.body))
		require.Equal(t, tt.code, answer.Code, name)
		require.Contains(t, answer.Body.String(), tt.says, name)
	}
	require.Zero(t, called)
}

func TestBodies_TakeNoQueryButThatOfTheProvider(t *testing.T) {
	t.Parallel()
	log, _ := logged()
	problems := handlers.NewProblems(log)
	const reason = `{"reason":"x"}`
	strict := handlers.Handle(problems, handlers.JSONBody, func(_ context.Context, request handlers.ReasonRequest) (string, error) {
		return request.Reason, nil
	}, handlers.OK)
	optional := handlers.Handle(problems, handlers.OptionalJSONBody, func(_ context.Context, request handlers.ReasonRequest) (string, error) {
		return request.Reason, nil
	}, handlers.OK)
	accept := handlers.Handle(problems, handlers.AcceptBody, func(context.Context, handlers.AcceptCall) (string, error) { return "", nil }, handlers.OK)
	report := handlers.Handle(problems, handlers.ReportBody, func(context.Context, handlers.DeliveryReportRequest) (string, error) { return "", nil }, handlers.OK)
	for query, code := range map[string]int{"": http.StatusOK, "dry_run=true": http.StatusBadRequest, "x": http.StatusBadRequest} {
		require.Equal(t, code, ask(strict, http.MethodPost, query, "application/json", strings.NewReader(reason)).Code, query)
		require.Equal(t, code, ask(optional, http.MethodPost, query, "", strings.NewReader("")).Code, query)
		require.Equal(t, code, ask(accept, http.MethodPost, query, "application/json", strings.NewReader("{}")).Code, query)
		require.Equal(t, http.StatusOK, ask(report, http.MethodPost, query, "application/json", strings.NewReader("{}")).Code, query)
	}
}
