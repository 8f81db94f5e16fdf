package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/e2e/program"
)

func TestServe_TheTourOfTheReadme(t *testing.T) {
	t.Parallel()
	hook := newReceiver(t, nil)
	p := serve(t, map[string]string{"WEBHOOK_URL": hook.URL, "WEBHOOK_AUTH_KEY": "canary-key-1", "SCHEDULER_INTERVAL": "1s"})
	ids := p.accept(3)

	started := p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	require.Equal(t, true, started["is_active"])
	require.Equal(t, "Scheduler started successfully", started["message"])
	again := p.must(http.StatusConflict, "POST", "/api/v1/scheduler/start", "")
	require.NotEmpty(t, again["error"])
	p.waitForSent(3)

	sent := p.must(http.StatusOK, "GET", "/api/v1/messages/sent?page=1&per_page=2", "")
	require.EqualValues(t, 3, sent["total"])
	require.EqualValues(t, 2, sent["total_pages"])
	require.Len(t, sent["messages"], 2)

	stopped := p.must(http.StatusOK, "POST", "/api/v1/scheduler/stop", `{"reason":"tour over"}`)
	require.Equal(t, false, stopped["is_active"])
	require.Equal(t, "Scheduler stopped successfully", stopped["message"])
	p.must(http.StatusConflict, "POST", "/api/v1/scheduler/stop", "")

	require.Len(t, hook.perKey(), 3)
	require.Equal(t, ids[2], hook.seen()[2].key, "the newest waits for the second window")
	for i, id := range ids {
		call := hook.call(t, id)
		require.Equal(t, "canary-key-1", call.auth)
		require.JSONEq(t, fmt.Sprintf(`{"to":"+90555111%04d","content":"message %d"}`, i, i), call.body)
	}
	p.signal(syscall.SIGTERM)
	require.Zero(t, p.exit())
	for _, secret := range []string{"90555111", "message 0", "canary-key-1"} {
		require.NotContains(t, p.Stdout.String()+p.Stderr.String(), secret, "in the log")
	}
}

func TestServe_KilledInMidSendTheMessageGoesOutAgainWithTheSameKey(t *testing.T) {
	t.Parallel()
	arrived, dead := make(chan struct{}), make(chan struct{})
	hook := newReceiver(t, nil)
	hook.answer = func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-dead:
			hook.accept(w, r.Header.Get("Idempotency-Key"))
		default:
			arrived <- struct{}{}
			<-dead
		}
	}
	settings := map[string]string{
		"WEBHOOK_URL": hook.URL, "DATA_DIR": t.TempDir(), "WEBHOOK_TIMEOUT": "5s",
		"MESSAGES_PER_INTERVAL": "0", "MAX_IN_FLIGHT": "1",
	}
	first := serve(t, settings)
	first.accept(5)
	first.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	<-arrived
	first.Kill()
	close(dead)

	second := serve(t, settings)
	second.waitForSent(5)
	var twice []string
	for key, n := range hook.perKey() {
		require.LessOrEqual(t, n, 2)
		if n == 2 {
			twice = append(twice, key)
		}
	}
	require.Len(t, hook.perKey(), 5, "none lost")
	require.Equal(t, []string{hook.seen()[0].key}, twice, "only what was in flight, with its own key")
	message := second.must(http.StatusOK, "GET", "/api/v1/messages/"+twice[0], "")
	require.Equal(t, "sent", message["status"])
	require.Len(t, message["attempts"], 2)
}

func TestServe_TwoProcessesOnOneStoreShareTheBudget(t *testing.T) {
	t.Parallel()
	hook := newReceiver(t, nil)
	settings := map[string]string{
		"WEBHOOK_URL": hook.URL, "DATA_DIR": t.TempDir(), "SCHEDULER_INTERVAL": "2s", "MESSAGES_PER_INTERVAL": "2",
	}
	a, b := serve(t, settings), serve(t, settings)
	a.accept(12)
	requireTwoPerWindow(t, a, b, hook)
}

// requireTwoPerWindow starts the scheduler on one process and holds that both
// together send two messages per window of two seconds, on its phase.
func requireTwoPerWindow(t *testing.T, a, b *process, hook *receiver) {
	t.Helper()
	answer := b.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	started, err := time.Parse(time.RFC3339, fmt.Sprint(answer["started_at"]))
	require.NoError(t, err)
	a.waitForSent(8)
	a.must(http.StatusOK, "POST", "/api/v1/scheduler/stop", "")

	perWindow := map[int]int{}
	for _, call := range hook.seen() {
		perWindow[int(call.at.Sub(started)/(2*time.Second))]++
	}
	for window, n := range perWindow {
		require.LessOrEqual(t, n, 2, "window %d of %v", window, perWindow)
	}
	require.GreaterOrEqual(t, len(perWindow), 4)
	require.Len(t, hook.perKey(), len(hook.seen()), "nothing twice")
}

func TestServe_TermInFlightFinishesRecordsAndExitsZero(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 10)
	hook := newReceiver(t, nil)
	hook.answer = func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		time.Sleep(time.Second) //nolint:forbidigo // a slow webhook
		hook.accept(w, r.Header.Get("Idempotency-Key"))
	}
	settings := map[string]string{
		"WEBHOOK_URL": hook.URL, "DATA_DIR": t.TempDir(), "MESSAGES_PER_INTERVAL": "0", "MAX_IN_FLIGHT": "3",
		"SCHEDULER_AUTOSTART": "resume",
	}
	p := serve(t, settings)
	p.accept(9)
	p.must(http.StatusOK, "POST", "/api/v1/scheduler/start", "")
	for range 3 {
		<-arrived
	}
	p.signal(syscall.SIGTERM)
	require.Zero(t, p.exit())
	require.Len(t, hook.seen(), 3)

	settings["SCHEDULER_AUTOSTART"] = "never"
	after := serve(t, settings)
	require.Equal(t, 3, after.count("sent"))
	require.Equal(t, 6, after.count("pending"))
	require.Equal(t, false, after.must(http.StatusOK, "GET", "/api/v1/scheduler", "")["is_active"])
}

func TestServe_ASecondSignalEndsItAtOnce(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	hook := newReceiver(t, func(http.ResponseWriter, *http.Request) { arrived <- struct{}{}; <-release })
	defer close(release)
	p := serve(t, map[string]string{"WEBHOOK_URL": hook.URL, "SCHEDULER_AUTOSTART": "always"})
	p.accept(1)
	<-arrived
	p.signal(syscall.SIGINT)
	require.Eventually(t, func() bool { _, _, err := p.try("GET", "/livez", ""); return err != nil }, patience, 10*time.Millisecond)
	<-time.After(time.Second) // not an echo of the first
	p.signal(syscall.SIGINT)
	require.Equal(t, 130, p.exit())
}

func TestServe_EveryProblemOfTheConfigurationIsToldAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{"SERVER_PORT": "99999", "WEBHOOK_TIMEOUT": "fast", "MAX_IN_FLIGHT": "-1"})
	require.Equal(t, 2, p.exit())
	for _, name := range []string{"SERVER_PORT", "WEBHOOK_TIMEOUT", "MAX_IN_FLIGHT", "WEBHOOK_URL", "demo", "sink"} {
		require.Contains(t, p.Stderr.String(), name)
	}
	entries, err := os.ReadDir(p.Dir())
	require.NoError(t, err)
	require.Empty(t, entries, "nothing was started or created")
}

func TestServe_OpenToOthersItNeedsKeysOrAWord(t *testing.T) {
	t.Parallel()
	hook := newReceiver(t, nil)
	refused := start(t, map[string]string{"WEBHOOK_URL": hook.URL, "SERVER_HOST": "0.0.0.0"})
	require.Equal(t, 2, refused.exit())
	require.Contains(t, refused.Stderr.String(), "API_KEYS")
	require.Contains(t, refused.Stderr.String(), "API_AUTH=off")

	key := strings.Repeat("k", 32)
	p := serve(t, map[string]string{"WEBHOOK_URL": hook.URL, "SERVER_HOST": "127.0.0.1", "API_KEYS": "ops:operator:" + key})
	p.must(http.StatusUnauthorized, "GET", "/api/v1/scheduler", "")
	p.must(http.StatusOK, "GET", "/livez", "")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL("/api/v1/scheduler/start"), http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NotContains(t, p.Stdout.String()+p.Stderr.String(), key)
}

func TestServe_AFileThatIsNoStoreIsRefusedAndLeftAsItIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	seed := serve(t, map[string]string{"DATA_DIR": dir})
	seed.signal(syscall.SIGTERM)
	require.Zero(t, seed.exit())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.NotEmpty(t, entries)
	path := dir + "/" + entries[0].Name()
	content := []byte(strings.Repeat("these are not the pages you are looking for\n", 1000))
	require.NoError(t, os.WriteFile(path, content, 0o600))

	p := start(t, map[string]string{"DATA_DIR": dir, "WEBHOOK_URL": "http://127.0.0.1:9/", "SERVER_PORT": fmt.Sprint(program.FreePort(t))})
	require.Equal(t, 1, p.exit())
	require.Contains(t, p.Stderr.String(), entries[0].Name())
	after, err := os.ReadFile(path) //nolint:gosec // the test's own
	require.NoError(t, err)
	require.Equal(t, content, after)
}

func TestDemo_SendsAndEndsCleanly(t *testing.T) {
	t.Parallel()
	p := start(t, map[string]string{"SERVER_PORT": fmt.Sprint(program.FreePort(t))}, "demo")
	require.Eventually(t, func() bool { return strings.Count(p.Stdout.String(), "202") >= 2 }, patience, 20*time.Millisecond,
		"two messages leave at once and are answered")
	require.Contains(t, p.Stdout.String(), "/swagger/index.html")
	p.signal(syscall.SIGINT)
	require.Zero(t, p.exit())
}
