package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A webhook may say in its error what it was sent. That is kept with the message,
// for whoever may read the message, and is in no line of the log.
func TestLog_WhatARefusalRepeatsIsNotInIt(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadRequest, http.StatusInternalServerError} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			hook := newReceiver(t, nil)
			hook.answer = func(w http.ResponseWriter, r *http.Request) {
				seen := hook.seen()
				http.Error(w, "refused: "+seen[len(seen)-1].body+" "+r.Header.Get("X-Ins-Auth-Key"), status)
			}
			p := serve(t, map[string]string{
				"WEBHOOK_URL": hook.URL, "WEBHOOK_AUTH_KEY": "canary-key-2", "MAX_RETRY_COUNT": "1",
				"LOG_LEVEL": "debug", "MESSAGES_PER_INTERVAL": "0",
			})
			ids := p.accept(3)
			p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
			require.Eventually(t, func() bool { return p.count("failed") == 3 }, patience, 20*time.Millisecond, "never failed")
			told := p.must(http.StatusOK, "GET", "/api/v1/messages/"+ids[0], "")
			require.Contains(t, fmt.Sprint(told["error"]), "refused: ", "what the webhook said is kept")
			require.NotContains(t, fmt.Sprint(told["error"]), "canary-key-2", "but for our key")
			p.signal(syscall.SIGTERM)
			require.Zero(t, p.exit())
			printed := p.Stdout.String() + p.Stderr.String()
			require.GreaterOrEqual(t, strings.Count(printed, "message failed"), 3)
			for _, secret := range []string{"90555111", "message 0", "refused", "canary-key-2"} {
				require.NotContains(t, printed, secret)
			}
		})
	}
}
