package webhook_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// ok is a right answer, and forged is one that nobody asked for.
const (
	ok     = "HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n{\"messageId\":\"genuine\"}"
	forged = "HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{\"messageId\":\"forged\"}"
)

// hostile answers, said after the request has been read. After them the
// connection stays open where hangs is set, otherwise it is closed.
var hostileAnswers = map[string]struct { //nolint:gochecknoglobals // a table of tests, read only
	say   func(c *caller)
	hangs bool
	want  outcome
}{
	"nothing, for ever":              {hangs: true, want: timedOut()},
	"nothing, and closes":            {want: lost()},
	"half a status line, and hangs":  {says("HTTP/1.1 20"), true, timedOut()},
	"half a status line, and closes": {says("HTTP/1.1 20"), false, lost()},
	"a status line, and hangs":       {says("HTTP/1.1 200 OK\r\n"), true, timedOut()},
	"a status line, and closes":      {says("HTTP/1.1 200 OK\r\n"), false, lost()},
	"half a header, and closes":      {says("HTTP/1.1 200 OK\r\nContent-Le"), false, lost()},
	"a header that drips":            {drips(ok + strings.Repeat(" ", 1000)), true, timedOut()},

	"a 200, and hangs":               {says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"), true, answered(200)},
	"a 400, and hangs":               {says("HTTP/1.1 400 No\r\nContent-Length: 10\r\n\r\n"), true, answered(400)},
	"a 503, and hangs":               {says("HTTP/1.1 503 Busy\r\nContent-Length: 10\r\n\r\n"), true, answered(503)},
	"a 200, half a body, and closes": {says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a"), false, answered(200)},
	"a 500, half a body, and closes": {says("HTTP/1.1 500 Oh\r\nContent-Length: 10\r\n\r\n{\"a"), false, answered(500)},
	"a body that drips": {func(c *caller) {
		c.say("HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\n")
		c.drip(strings.Repeat(" ", 1000), 20*time.Millisecond)
	}, true, answered(202)},

	"SMTP":                        {says("220 smtp.example.com ESMTP\r\n"), false, lost()},
	"zeros":                       {says(strings.Repeat("\x00", 5000)), false, lost()},
	"noise":                       {says("\x16\x03\x01\x02\x00\x01\x00\xfc\x03\x03\xff\xfe\r\n\r\n"), false, lost()},
	"HTTP/0.9":                    {says("<html><body>200 OK</body></html>\r\n\r\n"), false, lost()},
	"a preface of HTTP/2":         {says("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), false, lost()},
	"frames of HTTP/2":            {says("\x00\x00\x00\x04\x00\x00\x00\x00\x00"), false, lost()},
	"a request":                   {says("POST / HTTP/1.1\r\nHost: x\r\n\r\n"), false, lost()},
	"a status of letters":         {says("HTTP/1.1 abc OK\r\n\r\n"), false, lost()},
	"a status of four digits":     {says("HTTP/1.1 2000 OK\r\n\r\n"), false, lost()},
	"a status of two digits":      {says("HTTP/1.1 20 OK\r\n\r\n"), false, lost()},
	"a negative status":           {says("HTTP/1.1 -20 OK\r\n\r\n"), false, lost()},
	"no status":                   {says("HTTP/1.1\r\n\r\n"), false, lost()},
	"no version":                  {says("HTTP 200 OK\r\n\r\n"), false, lost()},
	"a header without a colon":    {says("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"), false, lost()},
	"a header with a NUL":         {says("HTTP/1.1 200 OK\r\nA: b\x00c\r\n\r\n"), false, lost()},
	"a length of letters":         {says("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"), false, lost()},
	"a negative length":           {says("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), false, lost()},
	"two lengths that differ":     {says("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), false, lost()},
	"two encodings":               {says("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), false, lost()},
	"headers that never end":      {floods("HTTP/1.1 200 OK\r\n", "X-A: "+strings.Repeat("a", 1000)+"\r\n"), false, lost()},
	"a header line without end":   {floods("HTTP/1.1 200 OK\r\nX-A: ", strings.Repeat("a", 1000)), false, lost()},
	"a status line without end":   {floods("HTTP/1.1 200 ", strings.Repeat("O", 1000)), false, lost()},
	"informational without end":   {floods("", "HTTP/1.1 100 Continue\r\n\r\n"), false, lost()},
	"early hints without end":     {floods("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), false, lost()},
	"early hints, and hangs":      {says("HTTP/1.1 103 Early Hints\r\n\r\n"), true, timedOut()},
	"early hints, and closes":     {says("HTTP/1.1 103 Early Hints\r\n\r\n"), false, lost()},
	"a reason that is a lie":      {says("HTTP/1.1 500 200 OK\r\nContent-Length: 0\r\n\r\n"), false, answered(500)},
	"no reason":                   {says("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), false, answered(200)},
	"a reason of odd bytes":       {says("HTTP/1.1 200 \xff\xfe\x01ş\r\nContent-Length: 0\r\n\r\n"), false, answered(200)},
	"HTTP/1.0":                    {says("HTTP/1.0 200 OK\r\n\r\nfine"), false, answered(200)},
	"line feeds alone":            {says("HTTP/1.1 200 OK\nContent-Length: 0\n\n"), false, answered(200)},
	"the same length twice":       {says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"), false, answered(200)},
	"100 before 200":              {says("HTTP/1.1 100 Continue\r\n\r\n" + ok), false, answered(200)},
	"103 before 200":              {says("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok), false, answered(200)},
	"102 and 103 before 503":      {says("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), false, answered(503)},
	"101":                         {says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"), false, answered(101)},
	"101, and hangs":              {says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"), true, answered(101)},
	"204":                         {says("HTTP/1.1 204 No Content\r\n\r\n"), false, answered(204)},
	"204, and stays open":         {says("HTTP/1.1 204 No Content\r\n\r\n"), true, answered(204)},
	"205 with a body":             {says("HTTP/1.1 205 Reset Content\r\nContent-Length: 3\r\n\r\nabc"), false, answered(205)},
	"304 with a body":             {says("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\nabc"), false, answered(304)},
	"410":                         {says("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"), false, answered(410)},
	"418":                         {says("HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n"), false, answered(418)},
	"999":                         {says("HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n"), false, answered(999)},
	"garbage for chunks":          {says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnot chunks\r\n"), false, answered(200)},
	"a chunk longer than it says": {says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n"), false, answered(200)},
	"a chunk of 16 EiB":           {says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc"), false, answered(200)},
	"an encoding nobody knows":    {says("HTTP/1.1 200 OK\r\nContent-Encoding: \x7fx\r\nContent-Length: 2\r\n\r\nok"), false, lost()},
	"a length past int64":         {says("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"), false, lost()},
	"a length of 8 EiB":           {says("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nabc"), false, answered(200)},
	"length and chunks":           {says("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), false, answered(200)},
	"a GiB":                       {floods("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", strings.Repeat("x", 64<<10)), false, answered(200)},
	"a GiB in chunks":             {floods("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "10000\r\n"+strings.Repeat("x", 64<<10)+"\r\n"), false, answered(200)},
	"a GiB until it closes":       {floods("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", strings.Repeat("x", 64<<10)), false, answered(400)},
	"a chunk's line without end":  {floods("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", strings.Repeat("x", 1000)), false, answered(200)},
	"trailers without end":        {floods("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X-A: "+strings.Repeat("a", 1000)+"\r\n"), false, answered(200)},
}

func says(text string) func(*caller) { return func(c *caller) { c.say(text) } }

// drips is a byte a second, a hundred times as fast.
func drips(text string) func(*caller) {
	return func(c *caller) { c.drip(text, 10*time.Millisecond) }
}

func floods(first, endless string) func(*caller) {
	return func(c *caller) { c.say(first); c.flood(endless) }
}

func TestHostile_EveryAnswerHasItsVerdictWithinTheTimeLimit(t *testing.T) {
	t.Parallel()
	for name, test := range hostileAnswers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, scheme := range bothRoutes() {
				t.Run(scheme, func(t *testing.T) {
					t.Parallel()
					v := newVillain(t, scheme, func(c *caller) {
						if !c.next() {
							return
						}
						if test.say != nil {
							test.say(c)
						}
						if test.hangs {
							c.wait()
						}
					})
					limit := calmLimit
					if test.hangs {
						limit = hangLimit
					}
					began := wallClock()
					reply := send(t, v.client(t, limit))
					require.Less(t, wallClock().Sub(began), limit+slack)
					test.want.require(t, reply)
					require.EqualValues(t, 1, v.requests.Load(), "sent once, whatever came of it")
				})
			}
		})
	}
}

func TestHostile_AServerThatNeverReads(t *testing.T) {
	t.Parallel()
	for _, scheme := range bothRoutes() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			ended := make(chan struct{})
			v := newVillain(t, scheme, func(*caller) { <-ended })
			t.Cleanup(func() { close(ended) }) // before the villain waits for it
			want := timedOut()                 // the request fits into the network's buffers
			if scheme == "https" {
				want = unreachable() // nobody shakes hands
			}
			began := wallClock()
			want.require(t, send(t, v.client(t, hangLimit)))
			require.Less(t, wallClock().Sub(began), hangLimit+slack)
		})
	}
}

func TestHostile_AnAnswerBeforeTheRequestIsReadEndsTheAttempt(t *testing.T) {
	t.Parallel()
	for _, scheme := range bothRoutes() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			v := newVillain(t, scheme, func(c *caller) {
				if _, err := c.reader.ReadByte(); err == nil {
					c.say("HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
					c.wait()
				}
			})
			answered(503).require(t, send(t, v.client(t, calmLimit)))
		})
	}
}

func TestHostile_AStatusThatIsNoneEndsTheAttemptAtOnce(t *testing.T) {
	t.Parallel()
	for _, scheme := range bothRoutes() {
		for code, known := range map[string]bool{"000": false, "099": false, "700": true, "999": true} {
			t.Run(scheme+" "+code, func(t *testing.T) {
				t.Parallel()
				v := newVillain(t, scheme, func(c *caller) {
					c.next()
					c.say("HTTP/1.1 " + code + " Odd\r\nContent-Length: 0\r\n\r\n")
					c.wait()
				})
				reply := send(t, v.client(t, calmLimit))
				require.Equal(t, known, reply.Verdict == webhook.Refused)
				require.Equal(t, !known, reply.Code == models.ErrorCodeConnectionLost && reply.Unknown)
			})
		}
	}
}

func TestHostile_NobodyListens(t *testing.T) {
	t.Parallel()
	for _, scheme := range bothRoutes() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			require.NoError(t, err)
			require.NoError(t, listener.Close())
			v := &villain{url: scheme + "://" + listener.Addr().String()}
			unreachable().require(t, send(t, v.client(t, calmLimit)))
		})
	}
}

func TestHostile_NoRedirectOfAnyKindIsFollowed(t *testing.T) {
	t.Parallel()
	for _, scheme := range bothRoutes() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			elsewhere := newVillain(t, scheme, func(c *caller) { c.next(); c.say(ok) })
			var status atomic.Int64
			v := newVillain(t, scheme, func(c *caller) {
				for c.next() {
					c.say(fmt.Sprintf("HTTP/1.1 %d Elsewhere\r\nLocation: %s\r\nRefresh: 0; url=%[2]s\r\nContent-Length: 0\r\n\r\n", status.Load(), elsewhere.url))
				}
			})
			client := v.client(t, calmLimit)
			for code := 300; code <= 399; code++ {
				status.Store(int64(code))
				reply := send(t, client)
				require.Equal(t, webhook.Refused, reply.Verdict, code)
				require.Equal(t, code, reply.StatusCode)
				require.False(t, reply.Unknown)
			}
			require.EqualValues(t, 100, v.requests.Load())
			require.Zero(t, elsewhere.connections.Load())
		})
	}
}

func TestHostile_OddWaitsAreBounded(t *testing.T) {
	t.Parallel()
	tests := map[string]time.Duration{
		"Retry-After: -1":                                  0,
		"Retry-After: 1.5":                                 0,
		"Retry-After: 1e3":                                 0,
		"Retry-After: +5":                                  0,
		"Retry-After: 0x10":                                0,
		"Retry-After: soon":                                0,
		"Retry-After: \xff\xfe":                            0,
		"Retry-After:":                                     0,
		"Retry-After: 5, 10":                               0,
		"Retry-After: 7":                                   7 * time.Second,
		"RETRY-AFTER:    7   ":                             7 * time.Second,
		"Retry-After: 99999999":                            time.Hour,
		"Retry-After: 99999999999999999999999999":          time.Hour,
		"Retry-After: Wed, 21 Oct 2015 07:28:00 GMT":       0,
		"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT":       time.Hour,
		"Retry-After: Mon, 32 Foo 2026 25:61:61 GMT":       0,
		"Retry-After: " + strings.Repeat("9", 10_000):      time.Hour,
		"Retry-After: 7\r\nRetry-After: 3600":              7 * time.Second,
		"X-Retry-After: 9\r\nRetry-After-Seconds: 9\r\nA:": 0,
	}
	for _, scheme := range bothRoutes() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			for line, want := range tests {
				v := newVillain(t, scheme, func(c *caller) {
					if c.next() {
						c.say("HTTP/1.1 429 Slow down\r\n" + line + "\r\nContent-Length: 0\r\n\r\n")
					}
				})
				reply := send(t, v.client(t, calmLimit))
				answered(429).require(t, reply)
				require.Equal(t, want, reply.RetryAfter, line)
			}
		})
	}
}

func TestNew_ALineBreakInASettingInjectsNothing(t *testing.T) {
	t.Parallel()
	for _, scheme := range bothRoutes() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			requests := make(chan *http.Request, 1)
			v := newVillain(t, scheme, func(c *caller) {
				if request, err := http.ReadRequest(c.reader); err == nil {
					requests <- request
				}
			})
			for _, change := range []func(*webhook.Options){
				func(o *webhook.Options) { o.AuthKey = "a\r\nX-Forged: 1\r\n\r\n" },
				func(o *webhook.Options) { o.AuthHeader = "a\r\nX-Forged" },
				func(o *webhook.Options) { o.UserAgent = "a\nX-Forged: 1" },
			} {
				options := webhook.Options{URL: v.url, AuthHeader: "x", AuthKey: "1", Timeout: calmLimit, MaxConns: 1, RootCAs: v.roots, Now: wallClock}
				change(&options)
				client, err := webhook.New(options)
				if err != nil {
					continue
				}
				reply := send(t, client)
				client.Close()
				if reply.Unknown { // it was sent
					require.Empty(t, (<-requests).Header.Get("X-Forged"))
				}
			}
		})
	}
}
