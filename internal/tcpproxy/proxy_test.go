package tcpproxy_test

import (
	"bufio"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/internal/tcpproxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// setup returns a proxy in front of a server that echoes lines.
func setup(t *testing.T) *tcpproxy.Proxy {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer func() { _ = conn.Close() }()
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					_, _ = conn.Write([]byte(lines.Text() + "\n"))
				}
			})
		}
	})
	proxy, err := tcpproxy.Listen(t.Context(), listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, proxy.Close())
		require.NoError(t, listener.Close())
		serving.Wait()
	})
	return proxy
}

// dial connects through the proxy.
func dial(t *testing.T, proxy *tcpproxy.Proxy) (ask func(line string) (string, error)) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", "127.0.0.1:"+strconv.Itoa(proxy.Port()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	answers := bufio.NewReader(conn)
	return func(line string) (string, error) {
		if _, err := conn.Write([]byte(line + "\n")); err != nil {
			return "", err //nolint:wrapcheck // it goes straight to require.
		}
		return answers.ReadString('\n')
	}
}

func TestProxy_HandsOn(t *testing.T) {
	t.Parallel()
	proxy := setup(t)
	ask := dial(t, proxy)
	for range 3 {
		answer, err := ask("hello")
		require.NoError(t, err)
		require.Equal(t, "hello\n", answer)
	}
	require.Equal(t, 3, proxy.Replies())
}

func TestDelay_HoldsEveryAnswerBack(t *testing.T) {
	t.Parallel()
	proxy := setup(t)
	ask := dial(t, proxy)
	proxy.Delay(50 * time.Millisecond)
	began := time.Now() //nolint:forbidigo // the proxy's own clock
	_, err := ask("hello")
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(began), 50*time.Millisecond)
}

func TestMute_TakesConnectionsAndAnswersOnlyWhenItIsOver(t *testing.T) {
	t.Parallel()
	proxy := setup(t)
	proxy.Mute(true)
	ask := dial(t, proxy)
	answered := make(chan error, 1)
	go func() { _, err := ask("hello"); answered <- err }()
	require.Never(t, func() bool { return len(answered) > 0 || proxy.Replies() > 0 }, 50*time.Millisecond, time.Millisecond)
	proxy.Mute(false)
	require.NoError(t, <-answered)
}

func TestReset_EndsConnectionsButTakesNewOnes(t *testing.T) {
	t.Parallel()
	proxy := setup(t)
	ask := dial(t, proxy)
	_, err := ask("hello")
	require.NoError(t, err)
	proxy.Reset()
	_, err = ask("hello")
	require.Error(t, err)
	_, err = dial(t, proxy)("hello")
	require.NoError(t, err)
}
