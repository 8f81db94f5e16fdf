package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"
)

const (
	malformedRequests = 100_000
	malformedSeed     = 20_260_105 // another seed, other requests
)

// chaos makes requests that are wrong in every way there is; the same for the
// same seed.
type chaos struct {
	*rand.Rand

	random string // cut up for noise
	// What is long is made once: alternatives are made before one is picked.
	path, digits, ranges, addresses, cookies, token, text, nested, blank string
}

func newChaos(worker int) chaos {
	c := chaos{Rand: rand.New(rand.NewPCG(malformedSeed, uint64(worker)))} //nolint:gosec // repeatable, and a small number
	random := make([]byte, 64<<10)
	for i := range random {
		random[i] = byte(c.IntN(256)) //nolint:gosec // any byte
	}
	c.random = string(random)
	c.path, c.digits = "/"+strings.Repeat("a/", 500), strings.Repeat("9", 3000)
	c.ranges, c.addresses, c.cookies = strings.Repeat("0-,", 100), strings.Repeat("1.2.3.4,", 500), strings.Repeat("a=b; ", 1000)
	c.token, c.text = strings.Repeat("B", 5000), strings.Repeat("x", 3000)
	c.nested = strings.Repeat("{\"a\":", 5000) + "1" + strings.Repeat("}", 5000)
	c.blank = strings.Repeat(" ", maxBody+1)
	return c
}

func pick[T any](c chaos, from ...T) T { return from[c.IntN(len(from))] }

func (c chaos) noise(longest int) string {
	at := c.IntN(len(c.random) - longest)
	return c.random[at : at+c.IntN(longest)]
}

// request returns a request as the server hands it to the router, or worse. Most
// begin with a route that is there, so that it goes far.
func (c chaos) request() *http.Request {
	request := &http.Request{
		Method: c.method(), URL: c.target(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: c.header(), Host: pick(c, "localhost:8080", "", "evil.example", "[::1", "a b", c.noise(20)),
		RemoteAddr: pick(c, "192.0.2.1:1234", "[2001:db8::1]:1", "", "@", "nonsense", "192.0.2.1", "[::1%lo]:99999"),
		Body:       http.NoBody,
	}
	if c.IntN(4) > 0 {
		right := pick(c, "POST /messages", "POST /messages", "POST /messages", "POST /messages", "POST /messages", "POST /messages",
			"POST /messages", "POST /messages", "GET /messages/sent", "GET /messages/"+url.PathEscape(c.id()), "GET /scheduler/logs",
			"GET /messages", "GET /messages", "POST /messages/batch", "POST /messages/batch", "POST /messages/preview", "POST /messages/cancel", "POST /messages/retry",
			"POST /messages/"+url.PathEscape(c.id())+"/cancel", "POST /messages/"+url.PathEscape(c.id())+"/retry", "DELETE /messages/"+url.PathEscape(c.id()),
			"GET /stats", "POST /delivery-reports", "PUT /scheduler/pace", "GET /scheduler", "POST /scheduler/start", "POST /scheduler/stop")
		method, path, _ := strings.Cut(right, " ")
		request.Method, request.URL = method, &url.URL{Path: apiPath + path, RawQuery: c.query()}
	}
	// Without a body it is only wrong in its header; a right start or stop costs the disk a write.
	if (request.Method == http.MethodPost || request.Method == http.MethodPut) && c.IntN(50) > 0 || c.IntN(3) > 0 {
		body := c.body()
		request.Body, request.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		switch c.IntN(20) {
		case 0:
			request.ContentLength = -1
		case 1:
			request.ContentLength = 1 << 40
		case 2: // the client goes away
			request.Body = io.NopCloser(io.MultiReader(strings.NewReader(body), failing{}))
		}
	}
	return request
}

func (c chaos) method() string {
	return pick(c, http.MethodGet, http.MethodPost, http.MethodPost, http.MethodHead, http.MethodOptions, http.MethodPut,
		http.MethodDelete, http.MethodTrace, http.MethodConnect, "post", "", "PROPFIND", "G T", "\x00", c.noise(10))
}

func (c chaos) target() *url.URL {
	path := pick(
		c, "/api/v1/messages", "/api/v1/messages", "/api/v1/messages/sent", "/api/v1/messages/"+c.id(), "/api/v1/scheduler",
		"/api/v1/messages/batch", "/api/v1/messages/"+c.id()+"/retry", "/api/v1/messages/cancel", "/api/v1/stats", "/api/v1/delivery-reports", "/api/v1/scheduler/pace", "/api/v1/scheduler/logs",
		"/api/v1/scheduler/start", "/api/v1/scheduler/stop", "/livez", "/readyz", "/swagger/"+c.id(), "/openapi.json", "/", "//", "/api/v1//messages",
		"/api/v1/messages/", "/../../etc/passwd", "/api/v1/../../livez", c.path, "*", "", "/%zz", "/"+c.noise(50),
	)
	if c.IntN(20) == 0 {
		path += c.id()
	}
	target := path
	if c.IntN(2) == 0 {
		target += "?" + c.query()
	}
	parsed, err := url.ParseRequestURI(target)
	if err != nil {
		return &url.URL{Path: path, RawQuery: c.query()} // the server would have refused it
	}
	return parsed
}

func (c chaos) id() string {
	return pick(c, "1", "01987654-0000-7000-8000-000000000001", "%00", "%ff", `{"$ne":null}`, "$where", "%7B%22%24gt%22%3A%22%22%7D", "' OR '1'='1",
		"%27%20OR%201%3D1--", "..%2f..%2fgo.mod", "%2e%2e", "sent%2f", c.digits, "ş", c.noise(20), url.PathEscape(c.noise(20)))
}

func (c chaos) query() string {
	value := func() string {
		return pick(c, "1", "0", "-1", "+1", "1e3", "9223372036854775807", "9223372036854775808", c.digits, "", "%00", "%ff", "%", "%zz",
			"$ne", "null", "NaN", "0x1", "1;2", "%D9%A1", "' OR 1=1", c.noise(10))
	}
	var parts []string
	for range c.IntN(5) {
		parts = append(parts, pick(c, "page", "per_page", "page[$ne]", "page%5B%24gt%5D", "verbose", "limit", "cursor", "status", "to", "reference", "created_after", "failed_before", "dry_run", "", "page", c.noise(5))+"="+value())
	}
	return strings.Join(parts, pick(c, "&", "&", ";", "&&", "?"))
}

func (c chaos) header() http.Header {
	header := http.Header{}
	set := func(chance int, name string, values ...string) {
		if c.IntN(chance) == 0 {
			if c.IntN(2) == 0 {
				header.Del(name)
			}
			header[name] = append(header[name], pick(c, values...))
		}
	}
	header["X-Api-Key"] = []string{testKey}
	set(10, "X-Api-Key", "", otherKey, testKey, c.noise(30))
	set(10, "Authorization", "Bearer", "Bearer ", "Bearer "+testKey, "Basic Og==", "bearer\x00"+testKey, c.noise(50), c.token)
	header["Content-Type"] = []string{"application/json"}
	set(5, "Content-Type", "application/x-ndjson", "application/x-ndjson", "", "text/plain", "application/json; charset=latin1", "application/json;;", "application/json", "multipart/form-data; boundary=", c.noise(30))
	set(10, "X-Forwarded-For", "1.2.3.4", "1.2.3.4, 5.6.7.8,,", c.addresses, "::::", c.noise(30))
	set(10, "X-Request-Id", "ok", "a\r\nb", strings.Repeat("a", 65), c.noise(30))
	set(10, "Origin", "null", "http://evil.example", "::", c.noise(20))
	set(20, "Sec-Fetch-Site", "cross-site", "same-origin", c.noise(10))
	set(20, "Access-Control-Request-Method", "POST", c.noise(10))
	set(20, "Expect", "100-continue", "the unexpected")
	set(20, "Content-Encoding", "gzip", "x")
	set(20, "Transfer-Encoding", "chunked", "gzip, chunked")
	set(20, "Cookie", c.cookies, c.noise(100))
	set(20, "Range", "bytes=0-0", "bytes=-1,5-4,"+c.ranges)
	set(20, "If-None-Match", "*", c.noise(10))
	set(20, "Idempotency-Key", "", c.noise(300))
	return header
}

// body returns JSON that is broken somehow, and now and then a whole one.
func (c chaos) body() string {
	whole := pick(c, `{"to":"+905551234567","content":"hi"}`, `{"reason":"x"}`, `[{"to":"+905551234567","content":"hi","idempotency_key":"k"}]`,
		`{"status":"failed","to":"+905551234567","failed_after":"2026-01-02T14:00:00Z","dry_run":true}`, `{"interval":"2m","messages_per_interval":2}`,
		`{"messageId":"p","status":"delivered","error_code":"1"}`, `{"all":true}`, `{"to":"+905551234567","content":"hi","send_at":"2026-01-02T15:04:05Z","validity_period":60}`, `{"to":"+90 (555) 123-45-67","content":"şu \"x\" 🙂"}`)
	switch c.IntN(12) {
	case 0: // a byte is another
		raw := []byte(whole)
		raw[c.IntN(len(raw))] = byte(c.IntN(256)) //nolint:gosec // any byte
		return string(raw)
	case 1:
		return whole[:c.IntN(len(whole))]
	case 2:
		return whole + pick(c, whole, " ", "x", "\x00", ",", "]")
	case 3: // a value is another
		value := pick(c, "null", "true", "[]", "{}", "1", "-0", "1e999", c.digits, `{"$ne":null}`, `{"$gt":""}`, `["$where"]`, `"\ud800"`,
			`"\u0000"`, "\"\xff\"", `""`, `"`+c.text+`"`, "NaN", "'x'", `"+12"`, `"x`)
		return fmt.Sprintf(`{"to":%s,"content":%s}`, pick(c, `"+905551234567"`, value), value)
	case 4:
		return fmt.Sprintf(`{%q:%q,%q:"x"}`, pick(c, "to", "TO", "$where", "__proto__", "", "to\x00", c.noise(10)), c.noise(20), pick(c, "to", "content", "id", "status"))
	case 5:
		return strings.Repeat(pick(c, "[", `{"to":`, `[{"a":`), pick(c, 10, 100, 5000))
	case 6:
		return c.nested
	case 7:
		return c.blank
	case 8:
		return pick(c, "null", "[]", "1", `""`, "true", "\ufeff{}", "{}", "{,}", "<xml/>", "to=%2B90&content=x", "\x1f\x8b\x08\x00", "-", "{\"to\"}")
	case 9:
		if c.IntN(20) == 0 { // each of these is written to the disk
			return whole
		}
		return whole[1:]
	default:
		return c.noise(200)
	}
}

// failing is a connection that breaks.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("connection reset by peer") }

func TestRouter_AHundredThousandMalformedRequestsAreEachRefusedOrAnswered(t *testing.T) {
	t.Parallel()
	a := startAPI(t, func(a *api) {
		a.deps.Origins = []string{"https://app.example"}
		log, isLogger := a.deps.Log.(*logrus.Logger)
		require.True(t, isLogger)
		log.SetLevel(logrus.ErrorLevel) // panics and what is unexplained, and not 100,000 lines
	})
	a.log.Reset()
	const workers = 4
	var working sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for worker := range workers {
		working.Go(func() {
			wrong := newChaos(worker)
			mine := map[int]int{}
			for i := range malformedRequests / workers {
				request := wrong.request()
				answer := httptest.NewRecorder()
				a.engine.ServeHTTP(answer, request)
				mine[answer.Code]++
				if answer.Code >= 500 || answer.Code < 200 || answer.Header().Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("request %d of worker %d: %d %s: %q %q", i, worker, answer.Code, answer.Body, request.Method, request.URL)
					return
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for status, n := range mine {
				statuses[status] += n
			}
		})
	}
	working.Wait()
	t.Log(statuses)
	require.Empty(t, a.log.String())
	for _, status := range []int{200, 201, 302, 400, 401, 403, 404, 405, 413, 415} {
		require.Positive(t, statuses[status], "%d is never reached: %v", status, statuses)
	}
	require.Equal(t, http.StatusOK, a.ask(http.MethodGet, "/readyz", "").Code)
}
