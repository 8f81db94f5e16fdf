package webhook_test

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// FuzzReply answers with any bytes, and then closes. Whatever they are, the
// attempt ends, as accepted only where a status line says 2xx; and what is kept
// of it is short, printable, and without our key.
func FuzzReply(f *testing.F) {
	for _, answer := range poisons {
		f.Add(answer)
	}
	for _, seed := range []string{
		"", ok, "HTTP/1.1 200", "HTTP/1.1 +20 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n folded\r\n\r\n",
		"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"mes\r\n0\r\n\r\n", "HTTP/1.1 429 x\r\nRetry-After: Mon, 23 Nov 2026 12:00:30 GMT\r\n\r\n",
		"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 400 the-key\r\n\r\n\x00\xff\u2028 the-key",
		"HTTP/1.1 200 OK\r\n\r\n{\"messageId\":12e400}", "HTTP/1.1 200 OK\r\n\r\n{\"messageId\":\"\\ud800\"}", "HTTP/0.9 200\r\n\r\n", "HTTP/1.1 304 x\r\n\r\n",
	} {
		f.Add(seed)
	}
	var answer atomic.Pointer[string]
	v := newVillain(f, "http", func(c *caller) {
		if c.next() {
			c.say(*answer.Load())
		}
	})
	client := v.client(f, 5*time.Second)
	accepts := regexp.MustCompile(`HTTP/\d\.\d +2\d\d`) // the parser passes over blanks
	f.Fuzz(func(t *testing.T, bytes string) {
		answer.Store(&bytes)
		reply := client.Send(t.Context(), webhook.Request{ID: "id", To: "+905551111111", Content: "hi"})
		require.NotEqual(t, models.ErrorCodeTimeout, reply.Code, "it is closed at once")
		switch reply.Verdict {
		case webhook.Accepted:
			require.True(t, 200 <= reply.StatusCode && reply.StatusCode <= 299)
			require.Regexp(t, accepts, bytes)
			require.False(t, reply.Unknown)
		case webhook.Retry:
			require.Equal(t, reply.StatusCode == 0 || reply.StatusCode == http.StatusGatewayTimeout, reply.Unknown)
		case webhook.Refused:
			require.NotZero(t, reply.StatusCode)
			require.False(t, reply.Unknown)
		case webhook.NotBegun:
			require.Fail(t, "it has begun")
		default:
			require.Failf(t, "no verdict", "%+v", reply)
		}
		require.True(t, 0 <= reply.RetryAfter && reply.RetryAfter <= time.Hour)
		require.LessOrEqual(t, len(reply.MessageID), 256)
		require.LessOrEqual(t, len(reply.Detail), 210)
		require.True(t, utf8.ValidString(reply.Detail) && !strings.ContainsAny(reply.Detail, "\r\n\x00"))
		require.NotContains(t, reply.Detail, "the-key")
		require.Regexp(t, `^[ -~]*$`, reply.Reason)
	})
}

// FuzzCall sends any message. The webhook gets one well-formed request whose
// body says exactly what was meant, and whose header holds nothing of it.
func FuzzCall(f *testing.F) {
	for _, seed := range [][3]string{
		{"68a795179072a717e6a17f37", "+905551111111", "şu \"tırnak\" <&> \n\u2028"},
		{"a\r\nX-Forged: 1", "\r\n\r\nHTTP/1.1", "\x00\xff\U0001f642"},
		{"", "", ""},
		{strings.Repeat("x", 300), "+", "a.b"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	type call struct {
		request *http.Request
		body    []byte
	}
	calls := make(chan call, 1)
	v := newVillain(f, "http", func(c *caller) {
		for {
			request, err := http.ReadRequest(c.reader)
			if err != nil {
				return
			}
			body, err := io.ReadAll(request.Body)
			if err != nil {
				return
			}
			calls <- call{request, body}
			c.say(ok)
		}
	})
	client := v.client(f, 5*time.Second)
	f.Fuzz(func(t *testing.T, id, to, content string) {
		reply := client.Send(t.Context(), webhook.Request{ID: id, To: to, Content: content})
		require.Equal(t, webhook.Accepted, reply.Verdict, "%+v", reply)
		got := <-calls
		require.Equal(t, []string{webhook.IdempotencyKey(id)}, got.request.Header["Idempotency-Key"])
		require.Equal(t, []string{"the-key"}, got.request.Header["X-Ins-Auth-Key"])
		require.Empty(t, got.request.Header["X-Forged"])
		require.LessOrEqual(t, len(got.request.Header), 6)
		var said map[string]string
		require.NoError(t, json.Unmarshal(got.body, &said))
		require.Equal(t, map[string]string{"to": string([]rune(to)), "content": string([]rune(content))}, said)
	})
}
