package e2e_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Half of the recipients are ones that the webhook never answers about. The other
// half is sent before the first of those has timed out.
func TestHostile_RecipientsThatHangDoNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	const messages, limit = 60, 15 * time.Second
	ended := make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var message struct {
			To string `json:"to"`
		}
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if strings.ContainsAny(message.To[len(message.To)-1:], "13579") {
			<-ended
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(func() { close(ended); hook.Close() })
	p := serve(t, map[string]string{
		"WEBHOOK_URL": hook.URL, "WEBHOOK_TIMEOUT": limit.String(), "MESSAGES_PER_INTERVAL": "0", "MAX_IN_FLIGHT": "64",
	})
	p.accept(messages)
	began := time.Now() //nolint:forbidigo // real processes
	p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	p.waitForSent(messages / 2)
	require.Less(t, time.Since(began), limit, "the others waited")
	require.Equal(t, messages/2, p.count("sending"))

	// And more of them, while those still hang.
	for i := range 20 {
		p.must(http.StatusCreated, "POST", "/api/v1/messages", fmt.Sprintf(`{"to":"+90555222%03d0","content":"late"}`, i))
	}
	p.waitForSent(messages/2 + 20)
	require.Less(t, time.Since(began), limit, "the others waited")
}

// What a webhook says after its answer is no answer to anything; net/http tells it
// to the standard log.
func TestHostile_WhatAWebhookEchoesIsNotLogged(t *testing.T) {
	t.Parallel()
	hook := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		echo, _ := io.ReadAll(r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok%s", echo)
		_, _ = conn.Read(make([]byte, 1)) // until the client drops it
		_ = conn.Close()
	}))
	t.Cleanup(hook.Close)
	trusted := filepath.Join(t.TempDir(), "webhook.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: hook.Certificate().Raw})
	require.NoError(t, os.WriteFile(trusted, certificate, 0o600))
	p := serve(t, map[string]string{"WEBHOOK_URL": hook.URL, "MESSAGES_PER_INTERVAL": "0", "SSL_CERT_FILE": trusted})
	p.accept(10)
	p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	p.waitForSent(10)
	p.signal(syscall.SIGTERM)
	require.Zero(t, p.exit())
	for _, secret := range []string{"90555111", "message 0", "Unsolicited"} {
		require.NotContains(t, p.Stdout.String()+p.Stderr.String(), secret)
	}
}
