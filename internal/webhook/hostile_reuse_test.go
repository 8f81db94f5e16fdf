package webhook_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/webhook"
)

// breather is the pause between two attempts in which what is on its way on
// loopback arrives. There is nothing to wait for: the client tells nobody that
// it has noticed.
const breather = 50 * time.Millisecond

func TestReuse_AConnectionClosedBetweenAttemptsIsNoTrouble(t *testing.T) {
	t.Parallel()
	for _, scheme := range bothRoutes() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			closed := make(chan struct{})
			v := newVillain(t, scheme, func(c *caller) {
				if c.next() {
					c.say(ok) // and not a word of Connection: close
				}
				_ = c.Close()
				closed <- struct{}{}
			})
			client := v.client(t, calmLimit)
			const attempts = 10
			for range attempts {
				answered(200).require(t, send(t, client))
				<-closed
				<-time.After(breather)
			}
			require.EqualValues(t, attempts, v.requests.Load())
		})
	}
}

// Where the far side closes while the next request is on its way, that request
// may be lost; but then nobody has seen it twice.
func TestReuse_NoAttemptReachesTheServerTwice(t *testing.T) {
	t.Parallel()
	for _, scheme := range bothRoutes() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			v := newVillain(t, scheme, func(c *caller) {
				if c.next() {
					c.say(ok)
				}
			})
			client := v.client(t, calmLimit)
			for range 300 {
				before := v.requests.Load()
				reply := send(t, client)
				seen := v.requests.Load() - before
				require.LessOrEqual(t, seen, int64(1))
				if reply.Verdict != webhook.Accepted {
					require.Equal(t, webhook.Retry, reply.Verdict)
					require.Zero(t, seen)
				}
			}
		})
	}
}

// poisons are first answers with something after them that would do for an
// answer to the next request.
var poisons = map[string]string{ //nolint:gochecknoglobals // a table of tests, read only
	"a second answer":                     ok + forged,
	"ten more answers":                    ok + forged + forged + forged + forged + forged + forged + forged + forged + forged + forged,
	"a length that is too short":          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + forged,
	"a length of nothing":                 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + forged,
	"a 204 with a body":                   "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n" + forged,
	"a 204 with the length of a body":     "HTTP/1.1 204 No Content\r\nContent-Length: 64\r\n\r\n" + forged,
	"a 304 with the length of a body":     "HTTP/1.1 304 Not Modified\r\nContent-Length: 64\r\n\r\n" + forged,
	"a 101":                               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n" + forged,
	"the last chunk":                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + forged,
	"length before chunks":                "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + forged,
	"chunks before length":                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 200\r\n\r\n0\r\n\r\n" + forged,
	"an informational answer":             ok + "HTTP/1.1 100 Continue\r\n\r\n" + forged,
	"an empty line":                       ok + "\r\n" + forged,
	"the length twice":                    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok" + forged,
	"a refusal":                           "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n" + forged,
	"a trailer":                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n0\r\nX: y\r\n\r\n" + forged,
	"a space in the name of the encoding": "HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + forged,
}

// The second request must be answered by what the server says to it, a 503, and
// not by what it said before it.
func TestReuse_NothingSaidBeforeIsTakenForTheNextAnswer(t *testing.T) {
	t.Parallel()
	for name, poison := range poisons {
		for when, delay := range map[string]bool{"at once": false, "after a while": true} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				for _, scheme := range bothRoutes() {
					t.Run(scheme, func(t *testing.T) {
						t.Parallel()
						requireGenuineAnswer(t, scheme, poison, delay)
					})
				}
			})
		}
	}
}

func requireGenuineAnswer(t *testing.T, scheme, poison string, late bool) {
	t.Helper()
	goOn, poisoned := make(chan struct{}), make(chan struct{})
	v := newVillain(t, scheme, func(c *caller) {
		if !c.next() {
			return
		}
		if c.of.requests.Load() == 1 {
			begin, rest := poison, ""
			if late {
				begin, rest = poison[:len(poison)-len(forged)], forged
			}
			c.say(begin)
			if late {
				<-goOn
				c.say(rest)
				close(poisoned)
			}
			if !c.next() {
				return
			}
		}
		c.say("HTTP/1.1 503 Busy\r\nX-Genuine: yes\r\nContent-Length: 0\r\n\r\n")
		c.wait()
	})
	client := v.client(t, calmLimit)
	require.NotEmpty(t, send(t, client).Verdict)
	if late {
		close(goOn)
		<-poisoned
	}
	if late || scheme == "https" {
		// net/http looks at idle connections in the background; a request that takes
		// one in the very same moment is more than it promises.
		<-time.After(breather)
	}
	reply := send(t, client)
	require.NotEqual(t, "forged", reply.MessageID)
	answered(503).require(t, reply)
	require.EqualValues(t, 2, v.requests.Load())
}

// A connection on which something went wrong, or may have, serves no second request.
func TestReuse_ADoubtfulConnectionIsDropped(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"garbage for chunks":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"switching protocols":     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
		"asked to be closed":      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.0":                "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
		"more than is read of it": "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + string(make([]byte, 1<<20)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, scheme := range bothRoutes() {
				t.Run(scheme, func(t *testing.T) {
					t.Parallel()
					v := newVillain(t, scheme, func(c *caller) {
						for c.next() {
							c.say(answer)
						}
					})
					client := v.client(t, calmLimit)
					first := send(t, client)
					require.NotZero(t, first.StatusCode)
					require.Equal(t, first.StatusCode, send(t, client).StatusCode)
					require.EqualValues(t, 2, v.connections.Load())
				})
			}
		})
	}
}
