package webhook_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/webhook"
)

func TestCause_OfEveryStatusIsItsClassOrItself(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var status int
		_, _ = fmt.Sscanf(r.Header.Get("Idempotency-Key"), "status-%d", &status)
		w.WriteHeader(status)
	})
	for status := 200; status <= 650; status++ {
		want := fmt.Sprintf("%dxx", status/100)
		switch {
		case status == 408, status == 425, status == 429:
			want = fmt.Sprint(status)
		case status >= 600:
			want = "other_status"
		}
		reply := client.Send(t.Context(), webhook.Request{ID: fmt.Sprintf("status-%d", status), To: "+1", Content: "x"})
		require.Equal(t, want, reply.Cause.String(), status)
	}
}

func TestCause_OfWhatHasNoStatus(t *testing.T) {
	t.Parallel()
	answers := func(text string) func(t *testing.T) *webhook.Client {
		return func(t *testing.T) *webhook.Client {
			t.Helper()
			return serveRaw(t, func(conn net.Conn) { _, _ = io.WriteString(conn, text) })
		}
	}
	to := func(address string, change func(*webhook.Options)) func(t *testing.T) *webhook.Client {
		return func(t *testing.T) *webhook.Client {
			t.Helper()
			options := webhook.Options{URL: address, Timeout: calmLimit, MaxConns: 1, UserAgent: "test", Now: wallClock}
			if change != nil {
				change(&options)
			}
			client, err := webhook.New(options)
			require.NoError(t, err)
			t.Cleanup(client.Close)
			return client
		}
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(untrusted.Close)
	throughNothing := func(o *webhook.Options) { o.Proxy, _ = url.Parse(closed.URL) }

	for name, test := range map[string]struct {
		client func(t *testing.T) *webhook.Client
		want   webhook.Cause
	}{
		"closed without a word":        {answers(""), webhook.CauseReset},
		"closed in the status line":    {answers("HTTP/1.1 20"), webhook.CauseReset},
		"closed in the header":         {answers("HTTP/1.1 200 OK\r\nContent-Le"), webhook.CauseReset},
		"not HTTP":                     {answers("SMTP ready\r\n\r\n"), webhook.CauseInvalidReply},
		"a status that is none":        {answers("HTTP/1.1 042 odd\r\n\r\n"), webhook.CauseInvalidReply},
		"a header line that is none":   {answers("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), webhook.CauseInvalidReply},
		"nobody listens":               {to(closed.URL, nil), webhook.CauseConnect},
		"nobody listens, by TLS":       {to(strings.Replace(closed.URL, "http", "https", 1), nil), webhook.CauseConnect},
		"a name that nobody has":       {to("http://nobody.invalid", nil), webhook.CauseDNS},
		"a certificate of nobody":      {to(untrusted.URL, nil), webhook.CauseTLS},
		"a proxy that is away":         {to("https://sms.example.com", throughNothing), webhook.CauseProxy},
		"an answer that does not come": {func(t *testing.T) *webhook.Client { t.Helper(); return silent(t) }, webhook.CauseTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply := send(t, test.client(t))
			require.Equal(t, test.want.String(), reply.Cause.String(), "%s: %s", reply.Reason, reply.Detail)
		})
	}
}

// silent takes the request and says nothing for longer than the time limit.
func silent(t *testing.T) *webhook.Client {
	t.Helper()
	return serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that the client left
		select {
		case <-r.Context().Done():
		case <-time.After(10 * testTimeout):
		}
	})
}

func TestCause_OfWhatIsCalledOffOrCutOff(t *testing.T) {
	t.Parallel()
	client := silent(t)
	require.Equal(t, webhook.CauseStopped, client.Send(t.Context(), refusedRequest()).Cause)

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(testTimeout/3, cancel)
	reply := client.Send(ctx, webhook.Request{ID: "id", To: "+1", Content: "x"})
	require.Equal(t, webhook.CauseStopped, reply.Cause)
	require.True(t, reply.Unknown)
}

func TestCauses_AreWordsThatDiffer(t *testing.T) {
	t.Parallel()
	words := map[string]bool{}
	for _, cause := range webhook.Causes() {
		require.Regexp(t, `^[a-z0-9_]+$`, cause.String())
		require.NotEqual(t, "unknown", cause.String())
		words[cause.String()] = true
	}
	require.Len(t, words, len(webhook.Causes()))
	require.Equal(t, "unknown", webhook.Cause(-1).String())
	require.Equal(t, "unknown", webhook.Cause(1000).String())
}

func TestSend_TheTraceParentGoesAlongOnEveryRouteAndOnlyWhereThereIsOne(t *testing.T) {
	t.Parallel()
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for name, start := range map[string]func(http.Handler) *httptest.Server{
		"direct": httptest.NewServer, "net/http": httptest.NewTLSServer,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := make(chan http.Header, 1)
			server := start(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header }))
			t.Cleanup(server.Close)
			options := webhook.Options{URL: server.URL, Timeout: 10 * time.Second, MaxConns: 1, UserAgent: "test", Now: wallClock}
			if certificate := server.Certificate(); certificate != nil {
				options.RootCAs = x509.NewCertPool()
				options.RootCAs.AddCert(certificate)
			}
			client, err := webhook.New(options)
			require.NoError(t, err)
			t.Cleanup(client.Close)

			client.Send(t.Context(), webhook.Request{ID: "id", To: "+1", Content: "x", TraceParent: parent})
			require.Equal(t, []string{parent}, (<-got)["Traceparent"])
			client.Send(t.Context(), webhook.Request{ID: "id", To: "+1", Content: "x"})
			require.NotContains(t, <-got, "Traceparent")
		})
	}
}
