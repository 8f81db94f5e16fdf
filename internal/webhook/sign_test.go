package webhook_test

import (
	"bytes"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/webhook"
)

// What arrives is what was signed, by either route: the receiver checks it with
// the specification's own library.
func TestSend_IsSignedWithEverySecret(t *testing.T) {
	t.Parallel()
	for _, scheme := range bothRoutes() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			type call struct {
				header http.Header
				body   []byte
			}
			calls := make(chan call, 2)
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				calls <- call{r.Header, body}
			}))
			roots := x509.NewCertPool()
			if scheme == "https" {
				server.EnableHTTP2 = true
				server.StartTLS()
				roots.AddCert(server.Certificate())
			} else {
				server.Start()
			}
			t.Cleanup(server.Close)
			old, next := bytes.Repeat([]byte("o"), 24), bytes.Repeat([]byte("n"), 64)
			client, err := webhook.New(webhook.Options{
				URL: server.URL, Timeout: calmLimit, MaxConns: 1, UserAgent: "test", RootCAs: roots, Secrets: [][]byte{old, next}, Now: wallClock,
			})
			require.NoError(t, err)
			t.Cleanup(client.Close)
			request := webhook.Request{ID: "68a795179072a717e6a17f37", To: "+905551111111", Content: "şifreniz 4711"}
			for range 2 {
				require.Equal(t, webhook.Accepted, client.Send(t.Context(), request).Verdict)
				got := <-calls
				require.Equal(t, request.ID, got.header.Get("Webhook-Id"))
				require.Equal(t, request.ID, got.header.Get("Idempotency-Key"))
				for _, secret := range [][]byte{old, next} {
					receiver, err := standardwebhooks.NewWebhookRaw(secret)
					require.NoError(t, err)
					require.NoError(t, receiver.Verify(got.body, got.header))
				}
				stranger, err := standardwebhooks.NewWebhookRaw(bytes.Repeat([]byte("x"), 24))
				require.NoError(t, err)
				require.Error(t, stranger.Verify(got.body, got.header))
			}
		})
	}
}
