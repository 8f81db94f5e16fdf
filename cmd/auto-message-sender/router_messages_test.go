package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

func TestRouter_AcceptsAMessageAndTellsWhereItStands(t *testing.T) {
	t.Parallel()
	a := startAPI(t)

	answer := a.ask(http.MethodPost, "/api/v1/messages", `{"to":"+90 (555) 123-45-67","content":"Merhaba ş"}`)
	require.Equal(t, http.StatusCreated, answer.Code)
	require.Equal(t, "application/json", answer.Header().Get("Content-Type"))
	accepted := object(t, answer)
	require.ElementsMatch(t, []string{
		"id", "to", "content", "status", "created_at", "next_attempt_at", "priority", "num_segments", "encoding",
		"message_id", "retry_count", "attempt_count", "attempts",
	}, keys(accepted))
	require.Equal(t, recipient, accepted["to"])
	require.Equal(t, "Merhaba ş", accepted["content"])
	require.Equal(t, "pending", accepted["status"])
	require.Equal(t, []any{}, accepted["attempts"])
	require.Regexp(t, milliseconds, accepted["created_at"])
	id, err := uuid.Parse(fmt.Sprint(accepted["id"]))
	require.NoError(t, err)
	require.Equal(t, uuid.Version(7), id.Version())
	require.Equal(t, "/api/v1/messages/"+id.String(), answer.Header().Get("Location"))
	require.Equal(t, int64(1), a.woken.Load(), "the scheduler was told")

	read := a.ask(http.MethodGet, answer.Header().Get("Location"), "")
	require.Equal(t, http.StatusOK, read.Code)
	stored := object(t, read)
	require.Subset(t, stored, accepted, "what was answered is what was stored")

	require.Equal(t, http.StatusOK, a.ask(http.MethodPost, "/api/v1/scheduler/start", "").Code)
	a.send(t, "provider-1")
	sent := object(t, a.ask(http.MethodGet, answer.Header().Get("Location"), ""))
	require.Equal(t, "sent", sent["status"])
	require.Equal(t, "provider-1", sent["message_id"])
	require.Regexp(t, milliseconds, sent["sent_at"])
	attempts, ok := sent["attempts"].([]any)
	require.True(t, ok)
	require.Len(t, attempts, 1)
	attempt, ok := attempts[0].(map[string]any)
	require.True(t, ok)
	require.ElementsMatch(t, []string{"number", "started_at", "duration_ms", "status_code", "replica"}, keys(attempt))
	require.Regexp(t, milliseconds, attempt["started_at"])
	require.InDelta(t, 20, attempt["duration_ms"], 0)

	requireProblem(t, a.ask(http.MethodGet, "/api/v1/messages/unknown", ""), http.StatusNotFound)
	requireProblem(t, a.ask(http.MethodGet, "/api/v1/messages/"+strings.Repeat("x", 257), ""), http.StatusNotFound)
	requireProblem(t, a.ask(http.MethodGet, "/api/v1/messages/%ff%00", ""), http.StatusNotFound)
	requireProblem(t, a.ask(http.MethodGet, "/api/v1/messages/%7B%22$ne%22:null%7D", ""), http.StatusNotFound)
}

func TestRouter_RefusesABodyThatIsNotExactlyRight(t *testing.T) {
	t.Parallel()
	const valid = `{"to":"+905551234567","content":"x"}`
	tests := []struct {
		name        string
		contentType string
		body        string
		status      int
		field       string // named in errors; empty: none
		says        string
	}{
		{"nothing", "application/json", "", 400, "", "must be a JSON object with the fields to, content, priority, send_at, validity_period and reference"},
		{"white space", "application/json", " \n", 400, "", "must be a JSON object"},
		{"null", "application/json", "null", 400, "", "must be a JSON object"},
		{"a list", "application/json", "[" + valid + "]", 400, "", "must be a JSON object"},
		{"a string", "application/json", `"x"`, 400, "", "must be a JSON object"},
		{"no JSON", "application/json", `{to:1}`, 400, "", "not valid JSON"},
		{"cut off", "application/json", valid[:20], 400, "to", "not valid JSON"},
		{"trailing data", "application/json", valid + valid, 400, "", "not valid JSON"},
		{"a trailing comma", "application/json", `{"to":"+905551234567","content":"x",}`, 400, "", "not valid JSON"},
		{"a comment", "application/json", `{/**/}`, 400, "", "not valid JSON"},
		{"not UTF-8", "application/json", "{\"to\":\"+905551234567\",\"content\":\"\xff\"}", 400, "", "not valid UTF-8"},
		{"half a surrogate pair", "application/json", `{"to":"+905551234567","content":"\ud800"}`, 400, "content", "not valid JSON"},
		{"an unknown field", "application/json", `{"to":"+905551234567","content":"x","$set":{}}`, 400, "$set", "is not known; the fields are to, content, priority"},
		{"another case", "application/json", `{"To":"+905551234567","content":"x"}`, 400, "To", "is not known"},
		{"a field twice", "application/json", `{"to":"+905551234567","content":"x","to":"+905551234568"}`, 400, "to", "more than once"},
		{"a number for a string", "application/json", `{"to":905551234567,"content":"x"}`, 400, "to", "must be a string"},
		{"an operator for a string", "application/json", `{"to":{"$gt":""},"content":"x"}`, 400, "to", "must be a string"},
		{"no recipient", "application/json", `{"content":"x"}`, 400, "to", "is required, for example +905551234567"},
		{"a null recipient", "application/json", `{"to":null,"content":"x"}`, 400, "to", "is required"},
		{"half a recipient", "application/json", `{"to":"+12","content":"x"}`, 400, "to", "too few digits"},
		{"no content", "application/json", `{"to":"+905551234567"}`, 400, "content", "is required"},
		{"161 characters", "application/json", `{"to":"+905551234567","content":"` + strings.Repeat("ş", 161) + `"}`, 400, "content", "has 161 characters; at most 160"},
		{"NUL", "application/json", `{"to":"+905551234567","content":"a\u0000b"}`, 400, "content", "NUL"},
		{"a very long unknown field", "application/json", `{"` + strings.Repeat("ş", 1000) + `":1}`, 400, strings.Repeat("ş", 64) + "…", "is not known"},
		{"no content type", "", valid, 415, "", "Content-Type: application/json"},
		{"a form", "application/x-www-form-urlencoded", valid, 415, "", "Content-Type: application/json"},
		{"another charset", "application/json; charset=latin1", valid, 415, "", "UTF-8"},
		{"a broken content type", "application/json; charset", valid, 415, "", "UTF-8"},
		{"64 KiB and a byte", "application/json", valid + strings.Repeat(" ", 64<<10+1-len(valid)), 413, "", "larger than 65536 bytes"},
	}
	a := startAPI(t)
	t.Cleanup(func() { // after all of them; FailNow here would swallow what they report
		counts, err := a.store.Counts(context.Background())
		if err != nil || counts[models.StatusPending] != 0 {
			t.Errorf("something of it was stored: %v, %v", counts, err)
		}
	})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			answer := a.ask(http.MethodPost, "/api/v1/messages", tt.body, withHeader("Content-Type", tt.contentType))
			problem := requireProblem(t, answer, tt.status)
			require.Contains(t, problem["detail"], tt.says)
			if tt.field == "" {
				return
			}
			errs, ok := problem["errors"].([]any)
			require.True(t, ok, answer.Body.String())
			first, ok := errs[0].(map[string]any)
			require.True(t, ok)
			require.Equal(t, tt.field, first["field"])
			require.NotEmpty(t, first["message"])
		})
	}
}

func TestRouter_TakesABodyThatIsRight(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	longest, err := json.Marshal(map[string]string{"to": recipient, "content": strings.Repeat("ş", 160)})
	require.NoError(t, err)
	for name, tt := range map[string]struct{ contentType, body string }{
		"160 Turkish letters":   {"application/json", string(longest)},
		"exactly 64 KiB":        {"application/json", string(longest) + strings.Repeat(" ", 64<<10-len(longest))},
		"with its charset":      {"application/json; charset=UTF-8", string(longest)},
		"escaped":               {"application/json", `{"to":"\u002b905551234567","content":"\u015f \ud83d\ude42"}`},
		"markup, left as it is": {"application/json", `{"to":"+905551234567","content":"<b>&amp;</b>"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := a.ask(http.MethodPost, "/api/v1/messages", tt.body, withHeader("Content-Type", tt.contentType))
			require.Equal(t, http.StatusCreated, answer.Code, answer.Body.String())
			var sent struct {
				Content string `json:"content"`
			}
			require.NoError(t, json.Unmarshal([]byte(tt.body), &sent))
			require.Equal(t, sent.Content, object(t, answer)["content"])
		})
	}
}

func TestRouter_PagesThroughSentMessages(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	require.NoError(t, a.store.Configure(t.Context(), models.Pace{Interval: time.Minute, PerWindow: 0}))
	require.JSONEq(t, `{"messages":[],"total":0,"page":1,"per_page":10,"total_pages":0}`,
		a.ask(http.MethodGet, "/api/v1/messages/sent", "").Body.String())
	_, err := a.Start(t.Context(), "tests", "")
	require.NoError(t, err)
	for i := range 12 {
		a.accept(t, fmt.Sprint("message ", i))
		a.send(t, fmt.Sprint("provider-", i))
	}
	const most = "9223372036854775807"
	tests := []struct {
		query                string
		page, perPage, pages int64
		shown                int
	}{
		{"", 1, 10, 2, 10},
		{"?page=2", 2, 10, 2, 2},
		{"?page=3", 3, 10, 2, 0},
		{"?page=1&per_page=5", 1, 5, 3, 5},
		{"?per_page=100", 1, 100, 1, 12},
		{"?per_page=101", 1, 100, 1, 12},
		{"?per_page=" + most, 1, 100, 1, 12},
		{"?page=" + most, 9223372036854775807, 10, 2, 0},
		{"?page=" + most + "&per_page=1", 9223372036854775807, 1, 12, 0},
		{"?page=" + most + "&per_page=" + most, 9223372036854775807, 100, 1, 0},
		{"?page=922337203685477581&per_page=10", 922337203685477581, 10, 2, 0}, // the product just fits
		{"?page=007", 7, 10, 2, 0},
		{"?other=1&other=2", 1, 10, 2, 10},
	}
	for _, tt := range tests {
		t.Run("valid "+tt.query, func(t *testing.T) {
			t.Parallel()
			answer := a.ask(http.MethodGet, "/api/v1/messages/sent"+tt.query, "")
			require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
			var list handlers.SentMessages
			require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &list))
			require.Equal(t, handlers.Paging{Total: 12, Page: tt.page, PerPage: tt.perPage, TotalPages: tt.pages}, list.Paging)
			require.NotNil(t, list.Messages)
			require.Len(t, list.Messages, tt.shown)
		})
	}
	for _, query := range []string{
		"?page=0", "?page=-1", "?page=x", "?page=", "?page", "?page=1.0", "?page=1e3", "?page=%2B1", "?page=+1", "?page=0x1",
		"?page=9223372036854775808", "?page=" + strings.Repeat("9", 400), "?per_page=0", "?per_page=-5", "?per_page=ten",
		"?page=1&page=2", "?per_page=1&per_page=1", "?page=%D9%A1", "?page=1;per_page=2", "?page=%zz",
	} {
		t.Run("refused "+query, func(t *testing.T) {
			t.Parallel()
			requireProblem(t, a.ask(http.MethodGet, "/api/v1/messages/sent"+query, ""), http.StatusBadRequest)
		})
	}

	body := object(t, a.ask(http.MethodGet, "/api/v1/messages/sent?per_page=1", ""))
	list, ok := body["messages"].([]any)
	require.True(t, ok)
	newest, ok := list[0].(map[string]any)
	require.True(t, ok)
	require.Equal(t, "message 11", newest["content"], "newest first")
	require.Subset(t, keys(newest), []string{"id", "to", "content", "status", "created_at", "sent_at", "message_id", "retry_count"})
	require.NotContains(t, keys(newest), "attempts")
	require.Regexp(t, milliseconds, newest["sent_at"])
}
