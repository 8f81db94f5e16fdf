package sink_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/sink"
)

// run serves a sink until the test ends it by the function returned, which
// answers with what Run returned.
func run(t *testing.T, s *sink.Sink) (address string, end func() error) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, listener) }()
	return "http://" + listener.Addr().String(), func() error {
		cancel()
		return <-ended
	}
}

func TestRun_ServesUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	s := setup(t, sink.Options{})
	address, end := run(t, s)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	for range 3 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(message))
		require.NoError(t, err)
		answer, err := client.Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusAccepted, answer.StatusCode)
	}
	require.NoError(t, end())
	require.Equal(t, int64(3), s.Summary().Received)
}

func TestRun_AnswersAtOnceWhoeverStillWaitsAtTheEnd(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	s := setup(t, sink.Options{Latency: time.Hour, Ledger: writerFunc(func() { close(arrived) })})
	address, end := run(t, s)
	codes := make(chan int, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(message))
		answer, err := client.Do(request)
		if err != nil {
			codes <- 0
			return
		}
		_ = answer.Body.Close()
		codes <- answer.StatusCode
	}()
	<-arrived
	require.NoError(t, end())
	require.Equal(t, http.StatusAccepted, <-codes)
}

// writerFunc is told of each Write.
type writerFunc func()

func (f writerFunc) Write(p []byte) (int, error) {
	f()
	return len(p), nil
}

func TestRun_SaysWhenItCannotServe(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	require.ErrorContains(t, setup(t, sink.Options{}).Run(t.Context(), listener), "serve the sink")
}

func TestServeHTTP_PrintsOneLineForEachCall(t *testing.T) {
	t.Parallel()
	out := new(bytes.Buffer)
	s := setup(t, sink.Options{Out: out, FailRate: 0.5, Status: 503, Draw: alternate()})
	post(t, s, "68a795179072a717e6a17f37", message)
	post(t, s, "", `{"to":"\u001b[2J\n","content":"\u001b]0;x"}`)
	post(t, s, "two words", "no message")
	require.Equal(t, `01:47:19.005  503 Service Unavailable  to +905551111111  "Test mesajı 9"  key 68a795179072a717e6a17f37`+"\n"+
		`01:47:19.005  202 Accepted  to "\x1b[2J\n"  "\x1b]0;x"  key -`+"\n"+
		`01:47:19.005  503 Service Unavailable  to -  ""  key "two words"`+"\n", out.String())
}

// alternate draws 0, 0.5, 0, 0.5 and so on.
func alternate() func() float64 {
	n := -1
	return func() float64 {
		n++
		return float64(n%2) / 2
	}
}

func TestServeHTTP_ShowsNoHeaderOfTheSender(t *testing.T) {
	t.Parallel()
	const canary = "CaNaRy0123456789"
	out, ledger := new(bytes.Buffer), new(bytes.Buffer)
	s := setup(t, sink.Options{Out: out, Ledger: ledger})
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/send?token="+canary, strings.NewReader(message))
	request.Header.Set("X-Ins-Auth-Key", canary)
	request.Header.Set("Authorization", "Bearer "+canary)
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, request)
	require.NotContains(t, out.String()+ledger.String()+answer.Body.String(), canary)
}

func BenchmarkRun(b *testing.B) {
	s, err := sink.New(sink.Options{
		Now:  time.Now, //nolint:forbidigo // the real one is part of what is measured
		Draw: func() float64 { return 1 }, NewID: func() string { return "0198c8a0-0000-7000-8000-000000000000" },
	})
	require.NoError(b, err)
	listener, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, listener) }()
	address := "http://" + listener.Addr().String()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			request, _ := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(message))
			answer, err := client.Do(request)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	client.CloseIdleConnections()
	cancel()
	require.NoError(b, <-ended)
}
