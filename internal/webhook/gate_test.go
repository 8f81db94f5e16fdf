package webhook_test

import (
	"context"
	"crypto/x509"
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
	require.Contains(t, reply.Reason, "connection refused")
	require.NotContains(t, reply.Reason+reply.Detail, "secret-path")
	require.Empty(t, reply.Detail, "said once")
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
	client.Close() // the connection is kept until now
	require.Empty(t, <-received)
	require.NoError(t, listener.Close())
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

func TestSend_IsCalledOffWhileItStillConnects(t *testing.T) {
	t.Parallel()
	// A listener that accepts and never shakes hands.
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	client, err := webhook.New(webhook.Options{
		URL: "https://" + listener.Addr().String(), Timeout: time.Minute, MaxConns: 1, UserAgent: "test", Now: wallClock,
	})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	unbegun, callOff := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, callOff)
	reply := client.Send(t.Context(), webhook.Request{ID: "id", To: "+1", Content: "x", Unbegun: unbegun})
	require.Equal(t, webhook.NotBegun, reply.Verdict)
	require.Less(t, reply.Duration, 30*time.Second)
}

func TestSend_OnceBegunItIsNotCalledOff(t *testing.T) {
	t.Parallel()
	unbegun, callOff := context.WithCancel(t.Context())
	client := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		callOff()
	})
	reply := client.Send(t.Context(), webhook.Request{ID: "id", To: "+1", Content: "x", Unbegun: unbegun})
	require.Equal(t, webhook.Accepted, reply.Verdict)
}
