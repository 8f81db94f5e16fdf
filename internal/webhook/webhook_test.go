package webhook_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

func TestSend_TheStatusAloneDecides(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var status int
		_, _ = fmt.Sscanf(r.Header.Get("Idempotency-Key"), "status-%d", &status)
		w.WriteHeader(status)
	})
	for status := 200; status <= 599; status++ {
		want := webhook.Refused
		switch {
		case status <= 299:
			want = webhook.Accepted
		case status == 408, status == 425, status == 429, status >= 500:
			want = webhook.Retry
		}
		reply := client.Send(t.Context(), webhook.Request{ID: fmt.Sprintf("status-%d", status), To: "+1", Content: "x"})
		require.Equal(t, want, reply.Verdict, status)
		require.Equal(t, status, reply.StatusCode)
		require.Equal(t, status == 504, reply.Unknown, status)
		if want != webhook.Accepted {
			require.Equal(t, fmt.Sprintf("http_%d", status), reply.Code)
			require.Contains(t, reply.Reason, fmt.Sprint(status))
		}
	}
}

func TestSend_FindsTheProvidersID(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, want string }{
		"as documented": {`{"message":"Accepted","messageId":"67f2f8a8-ea58-4ed0-a6f9-ff217df4d849"}`, "67f2f8a8-ea58-4ed0-a6f9-ff217df4d849"},
		"a number":      {`{"messageId":12345678901234567890}`, "12345678901234567890"},
		"none":          {`{"message":"Accepted"}`, ""},
		"null":          {`{"messageId":null}`, ""},
		"empty":         {`{"messageId":""}`, ""},
		"an object":     {`{"messageId":{"a":1}}`, ""},
		"a list":        {`["messageId"]`, ""},
		"not JSON":      {`<html>OK</html>`, ""},
		"nothing":       {``, ""},
		"endless":       {`{"messageId":"` + strings.Repeat("x", 300) + `"}`, ""},
		"cut off":       {`{"messageId":"abc`, ""},
		"past the cap":  {`{"padding":"` + strings.Repeat("x", 1<<20) + `","messageId":"late"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusAccepted)
				_, _ = io.WriteString(w, test.body)
			})
			reply := send(t, client)
			require.Equal(t, webhook.Accepted, reply.Verdict)
			require.Equal(t, test.want, reply.MessageID)
		})
	}
}

func TestSend_RedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			elsewhere.Add(1)
			return
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	reply := send(t, client)
	require.Equal(t, webhook.Refused, reply.Verdict)
	require.Equal(t, http.StatusTemporaryRedirect, reply.StatusCode)
	require.Zero(t, elsewhere.Load())
}

func TestSend_EndsWithinItsTimeLimit(t *testing.T) {
	t.Parallel()
	forever := func(r *http.Request) { <-r.Context().Done() }
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		want    webhook.Verdict
		unknown bool
	}{
		"no answer": {func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body); forever(r) }, webhook.Retry, true},
		"a body that never ends": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			w.WriteHeader(http.StatusOK)
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
			}
		}, webhook.Accepted, false},
		"a body that stops": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, "{")
			_ = http.NewResponseController(w).Flush()
			forever(r)
		}, webhook.Refused, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, test.handler)
			reply := send(t, client)
			require.Equal(t, test.want, reply.Verdict)
			require.Equal(t, test.unknown, reply.Unknown)
			require.Less(t, reply.Duration, testTimeout+2*time.Second)
			if test.unknown {
				require.Equal(t, models.ErrorCodeTimeout, reply.Code)
			}
		})
	}
}

func TestSend_ABodyCutOffAfterA2xxIsSuccess(t *testing.T) {
	t.Parallel()
	client := serveRaw(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\n{\"messageId\"")
	})
	require.Equal(t, webhook.Accepted, send(t, client).Verdict)
}

func TestSend_CanceledFromOutsideIsNotATimeout(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	client := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		cancel()
		<-r.Context().Done()
	})
	reply := client.Send(ctx, webhook.Request{ID: "id", To: "+1", Content: "x"})
	require.Equal(t, webhook.Retry, reply.Verdict)
	require.True(t, reply.Unknown)
	require.Equal(t, models.ErrorCodeConnectionLost, reply.Code)
}

func TestSend_KeepsWhatTheWebhookSaidAboutARefusal(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "{\"error\":\n\x00\"no such sender\"}"+strings.Repeat("ş", 500))
	})
	reply := send(t, client)
	require.Equal(t, "webhook answered 400 Bad Request", reply.Reason)
	require.True(t, strings.HasPrefix(reply.Detail, `{"error": "no such sender"}`), reply.Detail)
	require.LessOrEqual(t, len(reply.Detail), 204)
	require.True(t, strings.HasSuffix(reply.Detail, "ş…"), reply.Detail)
}

func TestSend_ThePasswordOfTheURLIsHiddenFromWhatTheWebhookSays(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, password, _ := r.BasicAuth()
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "wrong: "+r.Header.Get("Authorization")+" that is "+password) //nolint:gosec // the echo is what is tested
	}))
	t.Cleanup(server.Close)
	reply := send(t, newClient(t, strings.Replace(server.URL, "http://", "http://user:s3cret-password@", 1)))
	require.Equal(t, "wrong: Basic *** that is ***", reply.Detail)
}

func TestNew_RefusesWhatIsNoWebAddress(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "sms.example.com", "ftp://sms.example.com", "http://", "://", "http://a b"} {
		_, err := webhook.New(webhook.Options{URL: url, Now: wallClock})
		require.Error(t, err, url)
	}
}

func TestParseRetryAfter_IsBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"2":                              2 * time.Second,
		" 120 ":                          2 * time.Minute,
		"-5":                             0,
		"1.5":                            0,
		"soon":                           0,
		"86400":                          time.Hour,
		"9223372036854775807":            time.Hour,
		"99999999999999999999999999999":  time.Hour,
		"Mon, 23 Nov 2026 12:00:30 GMT":  30 * time.Second,
		"Mon, 23 Nov 2026 11:00:00 GMT":  0,
		"Fri, 31 Dec 9999 23:59:59 GMT":  time.Hour,
		"Monday, 23-Nov-26 12:01:00 GMT": time.Minute,
	} {
		require.Equal(t, want, webhook.ParseRetryAfter(value, now), value)
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "1", "-1", "99999999999999999999", "Mon, 23 Nov 2026 12:00:30 GMT", "x"} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		wait := webhook.ParseRetryAfter(value, now)
		require.GreaterOrEqual(t, wait, time.Duration(0))
		require.LessOrEqual(t, wait, time.Hour)
	})
}

func TestSend_NothingThatTheFarSideEchoesIsInTheReason(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"a malformed header":   "HTTP/1.1 200 OK\r\n+905551111111 secret text the-key\r\n\r\n",
		"a bad length":         "HTTP/1.1 200 OK\r\nContent-Length: +905551111111 secret text the-key\r\n\r\n",
		"an odd status line":   "+905551111111 secret text the-key\r\n\r\n",
		"a refusal that tells": "HTTP/1.1 400 +905551111111 secret text the-key\r\nContent-Length: 38\r\n\r\n+905551111111 secret text the-key was it",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serveRaw(t, func(conn net.Conn) { _, _ = io.WriteString(conn, answer) })
			reply := send(t, client)
			require.NotEqual(t, webhook.Accepted, reply.Verdict)
			for _, canary := range []string{"905551111111", "secret text", "the-key"} {
				require.NotContains(t, reply.Reason, canary)
			}
			require.NotContains(t, reply.Detail, "the-key")
		})
	}
}
