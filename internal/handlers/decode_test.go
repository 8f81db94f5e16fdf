package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

// FuzzJSONBody holds that whatever is posted is stored exactly as it was meant
// or refused with a problem, and that what is stored is within its limits.
func FuzzJSONBody(f *testing.F) {
	for _, seed := range []string{
		`{"to":"+905551234567","content":"x"}`, `{"to":"+90 (0) 555 123 45 67","content":"\u015f\ud83d\ude42"}`,
		`{"to":"+12","content":""}`, `{"to":null,"content":[]}`, `{"to":"+905551234567","content":"x","to":""}`, `{"TO":""}`,
		`{"$where":"1"}`, `null`, `[]`, ``, `{`, `{"content":"\ud800"}`, "{\"content\":\"\xff\"}", `{"to":1e999}`, `{}{}`, `{"":0}`, "\ufeff{}",
		`{"a":{"b":{"c":[[[[{}]]]]}}}`, `{"to":"+905551234567","content":"a\u0000b"}`, " \n\t{}\r\n",
		`{"to":"+905551234567","content":"x","priority":"high","send_at":"2026-01-02T18:00:00+03:00","validity_period":60,"reference":"a"}`,
		`{"to":"+905551234567","content":"x","priority":"HIGH","send_at":"tomorrow","validity_period":1.5,"reference":"\u0007"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var stored []models.Message
		messages := newMessages(t, &store{accept: func(messages []models.Message) error {
			stored = append(stored, messages...)
			return nil
		}})
		log, lines := logged()
		endpoint := handlers.Handle(handlers.NewProblems(log), handlers.AcceptBody, messages.Accept, handlers.Accepted)

		answer := ask(endpoint, http.MethodPost, "", "application/json", bytes.NewReader(body))
		require.True(t, json.Valid(answer.Body.Bytes()))
		require.True(t, utf8.Valid(answer.Body.Bytes()))
		require.Empty(t, lines.AllEntries())
		if answer.Code != http.StatusCreated {
			require.Equal(t, http.StatusBadRequest, answer.Code)
			require.Empty(t, stored)
			return
		}
		require.Len(t, stored, 1)
		require.Regexp(t, `^\+[1-9][0-9]{3,14}$`, stored[0].To)
		require.NotEmpty(t, stored[0].Content)
		require.LessOrEqual(t, utf8.RuneCountInString(stored[0].Content), models.MaxContentLength)
		var meant map[string]any // a lenient decoder, which takes more
		require.NoError(t, json.Unmarshal(body, &meant))
		require.Equal(t, meant["content"], stored[0].Content)
		for name := range meant {
			require.Contains(t, []string{"to", "content", "priority", "send_at", "validity_period", "reference"}, name)
		}
	})
}

// FuzzOptionalJSONBody holds the same of a body that may be left out.
func FuzzOptionalJSONBody(f *testing.F) {
	for _, seed := range []string{"", `{}`, `{"reason":"x"}`, `{"reason":null}`, `{"reason":{"$ne":1}}`, `{"Reason":"x"}`, "null", " ", "\x00", `{"reason":"\ud800"}`} {
		f.Add([]byte(seed), "application/json")
	}
	f.Add([]byte(`{}`), "application/json; charset=utf-16")
	f.Add([]byte(`{}`), ";;=")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		log, _ := logged()
		called := false
		endpoint := handlers.Handle(handlers.NewProblems(log), handlers.OptionalJSONBody, func(_ context.Context, request handlers.ReasonRequest) (handlers.ReasonRequest, error) {
			called = true
			return request, nil
		}, handlers.OK)
		answer := ask(endpoint, http.MethodPost, "", contentType, bytes.NewReader(body))
		require.True(t, json.Valid(answer.Body.Bytes()))
		require.Equal(t, called, answer.Code == http.StatusOK)
		if !called {
			require.Contains(t, []int{http.StatusBadRequest, http.StatusUnsupportedMediaType}, answer.Code)
			return
		}
		var meant map[string]any
		if len(body) > 0 {
			require.NoError(t, json.Unmarshal(body, &meant))
		}
		require.LessOrEqual(t, len(meant), 1)
		if reason, given := meant["reason"].(string); given {
			var said handlers.ReasonRequest
			require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &said))
			require.Equal(t, reason, said.Reason)
		}
	})
}

func TestHandle_ShowsAContentThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	messages := newMessages(t, &store{message: func(string) (models.Message, error) {
		return models.Message{ID: models.ID{Text: "m-1"}, Content: "caf\xe9 <&>", Status: models.StatusFailed}, nil
	}})
	log, _ := logged()
	anyID := func(*gin.Context) (string, error) { return "m-1", nil }
	endpoint := handlers.Handle(handlers.NewProblems(log), anyID, messages.Message, handlers.OK)
	answer := get(endpoint)
	require.Equal(t, http.StatusOK, answer.Code)
	require.Contains(t, answer.Body.String(), `"content":"caf`+"\ufffd"+` <&>"`)
}
