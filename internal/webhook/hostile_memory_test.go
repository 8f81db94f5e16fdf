package webhook_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/webhook"
)

const (
	// memoryLimit is what attempts under way may cost, all together.
	memoryLimit = 32 << 20
	// together is how many of them are under way.
	together = 32
)

func pack(t *testing.T, plain []byte) string {
	t.Helper()
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, err := writer.Write(plain)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return packed.String()
}

func TestHostile_NothingIsUnpacked(t *testing.T) {
	t.Parallel()
	packed := pack(t, []byte(`{"messageId":"unpacked"}`))
	for _, scheme := range bothRoutes() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			asked := make(chan []string, 1)
			v := newVillain(t, scheme, func(c *caller) {
				request, err := http.ReadRequest(c.reader)
				if err != nil {
					return
				}
				asked <- request.Header["Accept-Encoding"]
				c.say(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(packed), packed))
			})
			reply := send(t, v.client(t, calmLimit))
			answered(http.StatusOK).require(t, reply)
			require.Empty(t, reply.MessageID)
			require.Empty(t, <-asked)
		})
	}
}

// Not parallel: what others allocate would count.
func TestHostile_MemoryStaysBounded(t *testing.T) {
	line := "X-A: " + strings.Repeat("a", 8<<10) + "\r\n"
	block := strings.Repeat("x", 64<<10)
	for name, test := range map[string]struct {
		first, endless string
		verdict        webhook.Verdict
	}{
		"a GiB":                   {"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", block, webhook.Accepted},
		"a GiB in chunks":         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "10000\r\n" + block + "\r\n", webhook.Accepted},
		"a GiB in one chunk":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40000000\r\n", block, webhook.Accepted},
		"a GiB until it closes":   {"HTTP/1.0 200 OK\r\n\r\n", block, webhook.Accepted},
		"a GiB of error":          {"HTTP/1.1 500 Oh\r\nContent-Length: 1073741824\r\n\r\n", block, webhook.Retry},
		"a bomb":                  {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1073741824\r\n\r\n", pack(t, make([]byte, 1<<20)), webhook.Accepted},
		"headers without end":     {"HTTP/1.1 200 OK\r\n", line, webhook.Retry},
		"one header without end":  {"HTTP/1.1 200 OK\r\nX-A: ", block, webhook.Retry},
		"a status without end":    {"HTTP/1.1 200 ", block, webhook.Retry},
		"chunk lines without end": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", block, webhook.Accepted},
		"trailers without end":    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", line, webhook.Accepted},
		"hints without end":       {"", "HTTP/1.1 103 Early Hints\r\n" + line + "\r\n", webhook.Retry},
	} {
		for _, scheme := range []string{"http", "https"} {
			t.Run(name+" "+scheme, func(t *testing.T) {
				v := newVillain(t, scheme, func(c *caller) {
					for c.next() {
						c.say(test.first)
						c.flood(test.endless)
					}
				})
				client := v.client(t, calmLimit)
				grown := peak(t, func() {
					var sending sync.WaitGroup
					for range together {
						sending.Go(func() {
							reply := client.Send(t.Context(), webhook.Request{ID: "id", To: "+1", Content: "x"})
							if reply.Verdict != test.verdict || reply.MessageID != "" {
								t.Errorf("%+v", reply)
							}
						})
					}
					sending.Wait()
				})
				require.Less(t, grown, int64(memoryLimit))
			})
		}
	}
}

// peak returns by how many bytes the heap grew at most while work went on.
func peak(t *testing.T, work func()) int64 {
	t.Helper()
	heap := func() int64 {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc) //nolint:gosec // far below 2⁶³
	}
	runtime.GC()
	before, highest := heap(), int64(0)
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			highest = max(highest, heap())
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	}()
	work()
	close(done)
	<-watched
	return highest - before
}
