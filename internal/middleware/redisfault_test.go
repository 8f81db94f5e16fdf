package middleware_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/tcpproxy"
	"auto-message-sender/pkg/redisdb/redistest"
)

// A Redis that is connected and stops answering, or answers ever so slowly, costs one
// request a second its time limit, and the others nothing.
func TestRateLimiter_OneRequestASecondWaitsForARedisThatHangs(t *testing.T) {
	t.Parallel()
	const limit = 300 * time.Millisecond
	for name, fault := range map[string]func(*tcpproxy.Proxy){
		"mute":           func(p *tcpproxy.Proxy) { p.Mute(true) },
		"slow by 500 ms": func(p *tcpproxy.Proxy) { p.Delay(500 * time.Millisecond) },
		"slow by 2 s":    func(p *tcpproxy.Proxy) { p.Delay(2 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			proxy, err := tcpproxy.Listen(t.Context(), server.Address())
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, proxy.Close()) })
			c := limited(t, 1000, connect(t, "127.0.0.1", proxy.Port()), limit)
			require.Eventually(t, func() bool { // counted in Redis
				return c.ask(http.MethodGet, "/thing").Code == http.StatusOK && proxy.Replies() > 0
			}, 10*time.Second, 10*time.Millisecond)

			fault(proxy)
			began, slow := wallClock(), 0
			for range 300 {
				asked := wallClock()
				require.Equal(t, http.StatusOK, c.ask(http.MethodGet, "/thing").Code)
				if wallClock().Sub(asked) >= limit {
					slow++
				}
			}
			seconds := int(wallClock().Sub(began) / time.Second)
			require.LessOrEqual(t, slow, 1+seconds, "of 300 in %d s", seconds)
		})
	}
}
