package webhook_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

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

func refusedRequest() webhook.Request {
	return webhook.Request{ID: "id", To: "+1", Content: "x", Begin: func() bool { return false }}
}
