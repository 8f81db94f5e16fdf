package webhook_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
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
	"go.uber.org/goleak"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wallClock is what time limits on real connections run by.
func wallClock() time.Time { return time.Now() } //nolint:forbidigo // the real one is part of what is tested

const testTimeout = 300 * time.Millisecond

func newClient(t *testing.T, url string) *webhook.Client {
	t.Helper()
	client, err := webhook.New(webhook.Options{
		URL: url, AuthHeader: "x-ins-auth-key", AuthKey: "the-key",
		Timeout: testTimeout, MaxConns: 4, UserAgent: "test", Now: wallClock,
	})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

func serve(t *testing.T, handler http.HandlerFunc) *webhook.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return newClient(t, server.URL)
}

// serveRaw answers each connection by hand, for what net/http would not do.
func serveRaw(t *testing.T, answer func(conn net.Conn)) *webhook.Client {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			request, err := http.ReadRequest(bufio.NewReader(conn))
			if err == nil {
				_, _ = io.Copy(io.Discard, request.Body)
				answer(conn)
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return newClient(t, "http://"+listener.Addr().String())
}

func send(t *testing.T, client *webhook.Client) webhook.Reply {
	t.Helper()
	return client.Send(t.Context(), webhook.Request{ID: "id-1", To: "+905551111111", Content: "hi"})
}

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

func TestSend_ABrokenAnswerIsAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"closed without a word": "",
		"half a status line":    "HTTP/1.1 20",
		"not HTTP":              "220 smtp.example.com ESMTP\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serveRaw(t, func(conn net.Conn) { _, _ = io.WriteString(conn, answer) })
			reply := send(t, client)
			require.Equal(t, webhook.Retry, reply.Verdict)
			require.True(t, reply.Unknown)
			require.Equal(t, models.ErrorCodeConnectionLost, reply.Code)
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

func TestSend_ABrokenConnectionIsNotReplayed(t *testing.T) {
	t.Parallel()
	// The second request on a kept connection is read and dropped without an
	// answer: net/http would replay one that has an Idempotency-Key.
	var requests atomic.Int32
	client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) == 1 {
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	})
	require.Equal(t, webhook.Accepted, send(t, client).Verdict)
	reply := send(t, client)
	require.Equal(t, webhook.Retry, reply.Verdict)
	require.True(t, reply.Unknown)
	require.EqualValues(t, 2, requests.Load())
}

func TestSend_NoConnectionIsAKnownOutcome(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	reply := send(t, newClient(t, "http://"+listener.Addr().String()+"/secret-path"))
	require.Equal(t, webhook.Retry, reply.Verdict)
	require.False(t, reply.Unknown)
	require.Equal(t, models.ErrorCodeUnreachable, reply.Code)
	require.NotContains(t, reply.Reason, "secret-path")
}

func TestSend_BadTLSIsAKnownOutcome(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	reply := send(t, newClient(t, server.URL))
	require.Equal(t, webhook.Retry, reply.Verdict)
	require.False(t, reply.Unknown)
	require.Equal(t, models.ErrorCodeUnreachable, reply.Code)
}

func TestSend_NotOneByteLeavesWhenBeginRefuses(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	received := make(chan []byte, 1)
	go func() {
		defer close(received)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		content, _ := io.ReadAll(conn)
		received <- content
		_ = conn.Close()
	}()
	client := newClient(t, "http://"+listener.Addr().String())
	reply := client.Send(t.Context(), refusedRequest())
	require.Equal(t, webhook.NotBegun, reply.Verdict)
	require.False(t, reply.Unknown)
	require.Empty(t, <-received)
	require.NoError(t, listener.Close())
}

func refusedRequest() webhook.Request {
	return webhook.Request{ID: "id", To: "+1", Content: "x", Begin: func() bool { return false }}
}

func TestSend_NothingLeavesWhenBeginRefusesOnAnyKindOfConnection(t *testing.T) {
	t.Parallel()
	for name, configure := range map[string]func(*httptest.Server){
		"HTTP/1.1":          func(s *httptest.Server) { s.Start() },
		"HTTP/1.1 over TLS": func(s *httptest.Server) { s.StartTLS() },
		"HTTP/2.0":          func(s *httptest.Server) { s.EnableHTTP2 = true; s.StartTLS() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			var proto atomic.Value
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				proto.Store(r.Proto)
			}))
			configure(server)
			t.Cleanup(server.Close)
			options := webhook.Options{URL: server.URL, Timeout: 5 * time.Second, MaxConns: 4, UserAgent: "test", Now: wallClock}
			if server.TLS != nil {
				options.RootCAs = x509.NewCertPool()
				options.RootCAs.AddCert(server.Certificate())
			}
			client, err := webhook.New(options)
			require.NoError(t, err)
			t.Cleanup(client.Close)

			// First on a new connection, then on a kept one.
			for range 2 {
				require.Equal(t, webhook.NotBegun, client.Send(t.Context(), refusedRequest()).Verdict)
				require.Zero(t, calls.Load())
				require.Equal(t, webhook.Accepted, send(t, client).Verdict)
				require.EqualValues(t, 1, calls.Swap(0))
			}
			require.True(t, strings.HasPrefix(name, fmt.Sprint(proto.Load())), proto.Load())
		})
	}
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
