package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/models"
)

// ndjson is n messages, one on each line, none like the other.
func ndjson(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, `{"to":"+90555%07d","content":"Siparişiniz yola çıktı, numarası %d.","reference":"order-%d"}`+"\n", i, i, i)
	}
	return text.String()
}

// overLoopback serves the API on a real connection, with the server's own limits
// divided by shorter.
func overLoopback(tb testing.TB, a *api, shorter time.Duration) *httptest.Server {
	tb.Helper()
	server := httptest.NewUnstartedServer(a.engine)
	server.Config.ReadTimeout, server.Config.WriteTimeout = readTimeout/shorter, writeTimeout/shorter
	server.Start()
	tb.Cleanup(server.Close)
	return server
}

func postBatch(ctx context.Context, server *httptest.Server, body io.Reader, key string) (answer handlers.BatchAnswer, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+apiPath+"/messages/batch", body)
	if err != nil {
		return answer, err //nolint:wrapcheck // it fails the test
	}
	request.Header.Set("X-API-Key", testKey)
	request.Header.Set("Content-Type", "application/x-ndjson")
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		return answer, err //nolint:wrapcheck // it fails the test
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d %s", response.StatusCode, text)
	}
	if err != nil {
		return answer, err
	}
	return answer, json.Unmarshal(text, &answer) //nolint:wrapcheck // likewise
}

// BenchmarkBatch is 10,000 messages over loopback into the embedded store, fsync on.
func BenchmarkBatch(b *testing.B) {
	a := startAPI(b, func(a *api) {
		if log, ok := a.deps.Log.(*logrus.Logger); ok {
			log.SetLevel(logrus.ErrorLevel)
		}
	})
	server := overLoopback(b, a, 1)
	const lines = 10_000
	body := ndjson(lines)
	for b.Loop() {
		answer, err := postBatch(b.Context(), server, strings.NewReader(body), "")
		require.NoError(b, err)
		require.Equal(b, lines, answer.Accepted)
	}
	b.ReportMetric(float64(lines*b.N)/b.Elapsed().Seconds(), "messages/s")
}

func TestRouter_ABatchIsStoredOnceHoweverOftenItIsSent(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	server := overLoopback(t, a, 1)
	body := ndjson(2500)
	first, err := postBatch(t.Context(), server, strings.NewReader(body), "import")
	require.NoError(t, err)
	require.Equal(t, 2500, first.Accepted)
	again, err := postBatch(t.Context(), server, strings.NewReader(body), "import")
	require.NoError(t, err)
	require.Equal(t, 2500, again.Duplicates)
	require.Equal(t, first.Results[2499].ID, again.Results[2499].ID)
	counts, err := a.store.Counts(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2500, counts[models.StatusPending])

	shown := object(t, a.ask(http.MethodGet, "/api/v1/messages/"+first.Results[7].ID, ""))
	require.Equal(t, "order-7", shown["reference"])
	require.Equal(t, "+905550000007", shown["to"])
}

// The server gives other requests up after a fraction of the time that this takes.
func TestRouter_ASlowBatchHasTheTimeItNeeds(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	server := overLoopback(t, a, 50) // 300 ms to read a request, 600 ms to answer it
	body, sender := io.Pipe()
	go func() {
		lines := strings.SplitAfter(ndjson(12), "\n")
		for _, line := range lines {
			if _, err := io.WriteString(sender, line); err != nil {
				return
			}
			<-time.After(100 * time.Millisecond)
		}
		_ = sender.Close()
	}()
	answer, err := postBatch(t.Context(), server, body, "")
	require.NoError(t, err)
	require.Equal(t, 12, answer.Accepted)
}

func TestRouter_AClientThatGoesAwayInABatchLeavesWholeSteps(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	server := overLoopback(t, a, 1)
	ctx, leave := context.WithCancel(t.Context())
	body, sender := io.Pipe()
	gone := make(chan error, 1)
	go func() {
		_, err := postBatch(ctx, server, body, "import")
		gone <- err
	}()
	_, err := io.WriteString(sender, ndjson(2100))
	require.NoError(t, err)
	pending := func() int64 {
		counts, err := a.store.Counts(context.Background())
		require.NoError(t, err)
		return counts[models.StatusPending]
	}
	require.Eventually(t, func() bool { return pending() >= 1000 }, 20*time.Second, 5*time.Millisecond, "durable before the batch ends")
	leave()
	require.NoError(t, sender.CloseWithError(context.Canceled)) // the client waits for its body
	require.Error(t, <-gone)
	server.Close() // waits for the request to end
	stored := pending()
	require.LessOrEqual(t, stored, int64(2100))

	answer, err := postBatch(t.Context(), overLoopback(t, a, 1), strings.NewReader(ndjson(2100)), "import")
	require.NoError(t, err)
	require.EqualValues(t, stored, answer.Duplicates)
	require.EqualValues(t, 2100-stored, answer.Accepted, "sent again, it is whole")
}

func TestRouter_TakesABatchOf16MiBAndNoMore(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	blank := strings.Repeat(" ", 60<<10) + "\n" // lines of nothing are passed by
	whole := ndjson(1) + strings.Repeat(blank, 300)
	for size, status := range map[int]int{16 << 20: http.StatusOK, 16<<20 + 1: http.StatusRequestEntityTooLarge} {
		answer := a.ask(http.MethodPost, "/api/v1/messages/batch", whole[:size], withHeader("Content-Type", "application/x-ndjson"))
		if status == http.StatusOK {
			require.Equal(t, status, answer.Code, answer.Body.String())
			continue
		}
		requireProblem(t, answer, status)
	}
}
