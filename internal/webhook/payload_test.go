package webhook_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/webhook"
)

func TestSend_EveryAttemptHasTheSameKeyAndBytes(t *testing.T) {
	t.Parallel()
	type call struct{ body, key, auth, contentType string }
	calls := make(chan call, 2)
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		calls <- call{string(body), r.Header.Get("Idempotency-Key"), r.Header.Get("X-Ins-Auth-Key"), r.Header.Get("Content-Type")}
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	request := webhook.Request{ID: "68a795179072a717e6a17f37", To: "+905551111111", Content: "şu \"tırnak\" <&> \n\u2028"}
	client.Send(t.Context(), request)
	client.Send(t.Context(), request)

	first, second := <-calls, <-calls
	require.Equal(t, first, second)
	require.Equal(t, "68a795179072a717e6a17f37", first.key)
	require.Equal(t, "the-key", first.auth)
	require.Equal(t, "application/json", first.contentType)
	require.True(t, strings.HasPrefix(first.body, `{"to":"+905551111111","content":"şu \"tırnak\" <&> \n`), first.body)
	var decoded map[string]string
	require.NoError(t, json.Unmarshal([]byte(first.body), &decoded))
	require.Equal(t, map[string]string{"to": request.To, "content": request.Content}, decoded)
}

func TestIdempotencyKey_IsAlwaysAHeaderValue(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"68a795179072a717e6a17f37": "68a795179072a717e6a17f37",
		"order/42%":                "order/42%",
		"line\r\nbreak":            "escaped:line%0D%0Abreak",
		"boşluk var":               "escaped:bo%C5%9Fluk+var",
		strings.Repeat("x", 255):   strings.Repeat("x", 255),
		strings.Repeat("ş", 120):   "sha256:e4e5d63bbc81860481664d160497ba5565685238827e01052072b3ad94241f1b",
		strings.Repeat("x", 256):   "sha256:85e62acd750c4eb56b7b6a1d66dca5bfaac5f062608a1a893410d0288936c09a",
	} {
		require.Equal(t, want, webhook.IdempotencyKey(id))
	}
}
