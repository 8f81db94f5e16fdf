package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"
)

// serveOn returns the address of the API, served as the service serves it.
func (a *api) serveOn(t *testing.T, change func(*http.Server)) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := newHTTPServer(a.engine, a.deps.Log)
	if change != nil {
		change(server)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return listener.Addr().String()
}

func connect(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// probe asks on a new connection, and returns the status.
func probe(ctx context.Context, address, path string) (int, error) {
	transport := &http.Transport{DisableKeepAlives: true}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return 0, fmt.Errorf("make a request: %w", err)
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return 0, fmt.Errorf("ask: %w", err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode, nil
}

func TestServer_AThousandSlowHeadersLeaveTheProbesAnswering(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	address := a.serveOn(t, nil)
	const slow = 1000
	conns := make([]net.Conn, slow)
	for i := range conns {
		conns[i] = connect(t, address)
		_, err := io.WriteString(conns[i], "POST /api/v1/messages HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
		require.NoError(t, err)
	}
	// Each says a byte now and then, so that none is idle, until it is cut off.
	var dripping sync.WaitGroup
	for _, conn := range conns {
		dripping.Go(func() {
			tick := time.NewTicker(200 * time.Millisecond)
			defer tick.Stop()
			for {
				<-tick.C
				if _, err := io.WriteString(conn, "a"); err != nil {
					return
				}
			}
		})
	}
	for range 20 {
		for _, path := range []string{"/livez", "/readyz"} {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			status, err := probe(ctx, address, path)
			cancel()
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, status)
		}
	}
	ended := make(chan struct{})
	go func() { defer close(ended); dripping.Wait() }()
	select {
	case <-ended: // by readHeaderTimeout
	case <-time.After(readHeaderTimeout + 20*time.Second):
		require.Fail(t, "some are still connected")
	}
}

func TestServer_WhoeverAsksIsServedHoweverManyOnlyConnect(t *testing.T) {
	t.Parallel()
	const limit = 10
	for name, say := range map[string]string{
		"nothing":       "",
		"half a header": "GET /livez HTTP/1.1\r\nHost: loc",
		// Answered, and then idle.
		"a whole request": "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			held := newConnections(limit)
			address := startAPI(t).serveOn(t, func(s *http.Server) { s.ConnState = held.changed })
			open := func() int {
				held.mu.Lock()
				defer held.mu.Unlock()
				return held.open
			}
			var conns []net.Conn
			for range 5 * limit {
				conn := connect(t, address)
				_, err := io.WriteString(conn, say)
				require.NoError(t, err)
				conns = append(conns, conn)
				if strings.HasSuffix(say, "\r\n\r\n") {
					answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
					require.NoError(t, err)
					require.Equal(t, http.StatusOK, answer.StatusCode)
					require.NoError(t, answer.Body.Close())
				}
			}
			status, err := probe(t.Context(), address, "/livez")
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, status)
			require.Eventually(t, func() bool { return open() <= limit }, 5*time.Second, 5*time.Millisecond)

			// The first are gone, and the last are still there.
			require.NoError(t, conns[0].SetReadDeadline(time.Now().Add(5*time.Second))) //nolint:forbidigo // a real connection
			_, err = conns[0].Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF)
			for _, conn := range conns {
				require.NoError(t, conn.Close())
			}
			require.Eventually(t, func() bool { return open() == 0 }, 5*time.Second, 5*time.Millisecond, "all are counted out")
			require.Zero(t, held.waiting.Len())
			require.Empty(t, held.places)
		})
	}
}

func TestServer_ARequestUnderWayIsNotCutOffForOthers(t *testing.T) {
	t.Parallel()
	arrived, goOn := make(chan struct{}), make(chan struct{})
	a := startAPI(t)
	address := a.serveOn(t, func(s *http.Server) {
		s.ConnState = newConnections(2).changed
		s.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(arrived)
			<-goOn
			_, _ = io.WriteString(w, "done")
		})
	})
	busy := connect(t, address)
	_, err := io.WriteString(busy, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	<-arrived
	for range 10 {
		connect(t, address)
	}
	close(goOn)
	answer, err := http.ReadResponse(bufio.NewReader(busy), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.NoError(t, answer.Body.Close())
}

func TestServer_LimitsWhatARequestMayCost(t *testing.T) {
	t.Parallel()
	server := newHTTPServer(http.NotFoundHandler(), logrus.New())
	require.Positive(t, server.ReadHeaderTimeout)
	require.Positive(t, server.ReadTimeout)
	require.Positive(t, server.IdleTimeout)
	require.Greater(t, server.WriteTimeout, requestTimeout, "an answer can be given after the handler's time is over")

	address := startAPI(t).serveOn(t, nil)
	for name, header := range map[string]string{
		"one header that is too long": "X-Long: " + strings.Repeat("a", 64<<10) + "\r\n",
		"too many headers":            strings.Repeat("X-Many: aaaaaaaaaaaaaaaa\r\n", 4000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connect(t, address)
			_, _ = io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: localhost\r\n"+header+"\r\n")
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, answer.StatusCode)
			require.NoError(t, answer.Body.Close())
		})
	}
}

// Bytes that no client library would send: the server answers or hangs up, and
// goes on.
func TestServer_RawGarbageOverTheNetworkIsRefused(t *testing.T) {
	t.Parallel()
	a := startAPI(t)
	address := a.serveOn(t, nil)
	const connections, workers = 3000, 6
	var working sync.WaitGroup
	for worker := range workers {
		working.Go(func() {
			wrong := newChaos(1000 + worker)
			for range connections / workers {
				sent := wrong.raw()
				answer, err := exchange(t.Context(), address, sent)
				// 501 and 505 are the server's own words for framing and versions that
				// it does not speak.
				if err != nil || len(answer) >= 12 && answer[9] == '5' && answer[9:12] != "501" && answer[9:12] != "505" {
					t.Errorf("%q: %q %v", sent, answer, err)
					return
				}
			}
		})
	}
	working.Wait()
	require.NotContains(t, a.log.String(), "panic")
	status, err := probe(t.Context(), address, "/readyz")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
}

// raw returns the bytes of something like a request.
func (c chaos) raw() string {
	line := pick(c, "GET", "POST", "P\x00ST", "", c.noise(5)) + pick(c, " ", "  ", "\t", "") +
		pick(c, "/livez", "/api/v1/messages", "http://x:99999/", "//", "*", "/%00", "/"+c.noise(30), c.path) +
		pick(c, " HTTP/1.1", " HTTP/1.1", " HTTP/1.1", " HTTP/1.0", " HTTP/2.0", " HTTP/9.9", " HTTP/1.1 x", "", c.noise(5)) +
		pick(c, "\r\n", "\r\n", "\n", "\r", "")
	head := pick(c, "Host: localhost\r\n", "Host: localhost\r\n", "Host: a\r\nHost: b\r\n", "", "Host: "+c.noise(10)+"\r\n")
	for range c.IntN(5) {
		head += pick(c, "X-Api-Key: "+testKey, "Content-Type: application/json", "Content-Length: 5", "Content-Length: -1", "Content-Length: 5\r\nContent-Length: 6",
			"Content-Length: 99999999999999999999", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked\r\nContent-Length: 3",
			"Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA", "Expect: 100-continue", "Expect: x", " folded: x", "no colon", ": empty", "A:"+c.noise(40),
			"X-Request-Id: "+c.noise(10)) + pick(c, "\r\n", "\r\n", "\n")
	}
	return line + head + pick(c, "\r\n", "\r\n", "") + pick(c, c.body(), c.noise(100), "5\r\nhello\r\n0\r\n\r\n", "zz\r\n", "fffffffffffffffff\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
}

// exchange sends bytes and returns all that comes back.
func exchange(ctx context.Context, address, sent string) (string, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return "", fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil { //nolint:forbidigo // a real connection
		return "", fmt.Errorf("set the deadline: %w", err)
	}
	_, _ = io.WriteString(conn, sent) // the server may have hung up already
	if half, ok := conn.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
	answer, err := io.ReadAll(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return string(answer), fmt.Errorf("it never ends: %w", err)
	}
	return string(answer), nil // a reset is an answer as well
}
