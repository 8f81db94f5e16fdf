package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// caller is somebody with a key, in front of a server.
type caller struct {
	t      testing.TB
	server *process
	key    string          // empty: none
	walked map[string]bool // takes in the operations that were answered 2xx; may be nil
}

// at is the same person in front of another server.
func (c caller) at(server *process) caller {
	c.server = server
	return c
}

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	text   []byte
	object map[string]any // nil: it is none
}

// do makes one request. A body is JSON where the header, names and values in turn,
// does not say otherwise.
func (c caller) do(method, path, body string, header ...string) reply {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.server.URL(path), strings.NewReader(body))
	require.NoError(c.t, err)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	for pair := range slices.Chunk(header, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(c.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	answer := reply{status: response.StatusCode, header: response.Header, text: text}
	_ = json.Unmarshal(text, &answer.object)
	if answer.status < http.StatusMultipleChoices {
		c.note(method, path)
	}
	return answer
}

// must is do with the status it must have. A refusal is a problem body, always.
func (c caller) must(status int, method, path, body string, header ...string) map[string]any {
	c.t.Helper()
	answer := c.do(method, path, body, header...)
	require.Equal(c.t, status, answer.status, "%s %s: %s", method, path, answer.text)
	if status >= http.StatusBadRequest {
		require.Equal(c.t, "application/problem+json", answer.header.Get("Content-Type"))
		require.NotEmpty(c.t, answer.object["error"])
		require.NotEmpty(c.t, answer.object["request_id"])
	}
	return answer.object
}

// note keeps in mind which operation of the API a request was.
func (c caller) note(method, path string) {
	if c.walked == nil {
		return
	}
	path, _, _ = strings.Cut(strings.TrimPrefix(path, "/api/v1"), "?")
	parts := strings.Split(path, "/")
	if len(parts) > 2 && parts[1] == "messages" &&
		!slices.Contains([]string{"batch", "cancel", "preview", "retry", "sent"}, parts[2]) {
		parts[2] = "{id}"
	}
	c.walked[method+" "+strings.Join(parts, "/")] = true
}

// message returns a message, as it is now.
func (c caller) message(id string) map[string]any {
	c.t.Helper()
	return c.must(http.StatusOK, http.MethodGet, "/api/v1/messages/"+id, "")
}

// put has a message accepted and returns its id.
func (c caller) put(body string) string {
	c.t.Helper()
	answer := c.must(http.StatusCreated, http.MethodPost, "/api/v1/messages", body)
	return textOf(c.t, answer, "id")
}

// list returns the ids of a list.
func (c caller) list(query string) []string {
	c.t.Helper()
	return idsOf(c.t, c.must(http.StatusOK, http.MethodGet, "/api/v1/messages?"+query, ""))
}

// idsOf returns those of a list's messages.
func idsOf(tb testing.TB, list map[string]any) []string {
	tb.Helper()
	messages, ok := list["messages"].([]any)
	require.True(tb, ok, "%v", list)
	found := make([]string, 0, len(messages))
	for _, one := range messages {
		message, ok := one.(map[string]any)
		require.True(tb, ok, "%v", one)
		found = append(found, textOf(tb, message, "id"))
	}
	return found
}

// textOf returns a field that is a string and not empty.
func textOf(tb testing.TB, object map[string]any, field string) string {
	tb.Helper()
	value, ok := object[field].(string)
	require.True(tb, ok, "%s of %v", field, object)
	require.NotEmpty(tb, value, field)
	return value
}
