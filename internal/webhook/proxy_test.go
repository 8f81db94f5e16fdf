package webhook_test

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// proxied returns a client that calls the villain through a proxy.
func proxied(t *testing.T, v *villain, proxy string) *webhook.Client {
	t.Helper()
	through, err := url.Parse(proxy)
	require.NoError(t, err)
	client, err := webhook.New(webhook.Options{
		URL: v.url, Timeout: calmLimit, MaxConns: 4, UserAgent: "test", RootCAs: v.roots, Proxy: through, Now: wallClock,
	})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// relay passes bytes both ways between a caller of a proxy and where it wants to go.
func relay(c *caller, address string) {
	far, err := new(net.Dialer).Dial("tcp", address)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	var back sync.WaitGroup
	defer back.Wait()
	back.Go(func() { _, _ = io.Copy(c, far); _ = c.Close() })
	_, _ = io.Copy(far, c.reader)
	_ = far.Close()
}

// speakHTTPProxy is a proxy of RFC 9110: CONNECT, and requests in absolute form.
func speakHTTPProxy(credentials chan<- string) func(c *caller) {
	return func(c *caller) {
		request, err := http.ReadRequest(c.reader)
		if err != nil {
			return
		}
		credentials <- request.Header.Get("Proxy-Authorization")
		if request.Method == http.MethodConnect {
			c.say("HTTP/1.1 200 OK\r\n\r\n")
			relay(c, request.Host)
			return
		}
		request.Header.Del("Proxy-Authorization")
		far, err := new(net.Dialer).Dial("tcp", request.URL.Host)
		if err != nil {
			return
		}
		defer func() { _ = far.Close() }()
		if request.Write(far) != nil {
			return
		}
		answer, err := http.ReadResponse(bufio.NewReader(far), request)
		if err == nil {
			_ = answer.Write(c)
			_ = answer.Body.Close()
		}
	}
}

// speakSOCKS5 is the part of RFC 1928 and 1929 that a client with a password uses.
func speakSOCKS5(credentials chan<- string) func(c *caller) {
	return func(c *caller) {
		text := func(length byte) string {
			read := make([]byte, length)
			_, _ = io.ReadFull(c.reader, read)
			return string(read)
		}
		number := func() byte { one, _ := c.reader.ReadByte(); return one }
		number()
		text(number()) // ways to say who one is
		c.say("\x05\x02")
		number()
		user := text(number())
		credentials <- user + ":" + text(number())
		c.say("\x01\x00")
		text(3) // CONNECT
		address := ""
		switch number() {
		case 1:
			address = net.IP(text(4)).String()
		case 3:
			address = text(number())
		}
		port := binary.BigEndian.Uint16([]byte(text(2)))
		c.say("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
		relay(c, net.JoinHostPort(address, portText(port)))
	}
}

func portText(port uint16) string {
	return (&net.TCPAddr{Port: int(port)}).String()[1:]
}

func TestProxy_EveryKindCarriesTheCall(t *testing.T) {
	t.Parallel()
	for kind, proxy := range map[string]struct {
		speak       func(chan<- string) func(*caller)
		credentials string
	}{
		"http":   {speakHTTPProxy, "Basic dTpw"},
		"socks5": {speakSOCKS5, "u:p"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for _, scheme := range bothRoutes() {
				t.Run(scheme, func(t *testing.T) {
					t.Parallel()
					v := newVillain(t, scheme, func(c *caller) {
						for c.next() {
							c.say(ok)
						}
					})
					credentials := make(chan string, 10)
					through := newVillain(t, "http", proxy.speak(credentials))
					client := proxied(t, v, strings.Replace(strings.TrimSuffix(through.url, "/send"), "http://", kind+"://u:p@", 1))

					// Begin holds for the call, not for what is said to the proxy.
					require.Equal(t, webhook.NotBegun, client.Send(t.Context(), refusedRequest()).Verdict)
					require.Zero(t, v.requests.Load())
					reply := send(t, client)
					answered(200).require(t, reply)
					require.Equal(t, "genuine", reply.MessageID)
					require.EqualValues(t, 1, v.requests.Load())
					if scheme == "https" || kind == "socks5" {
						require.Equal(t, proxy.credentials, <-credentials)
					}
				})
			}
		})
	}
}

func TestProxy_OverTLSCarriesTheCallAndAsksBeforeItBegins(t *testing.T) {
	t.Parallel()
	for _, scheme := range bothRoutes() {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			certificate, roots := newCertificate(t, wallClock().Add(time.Hour))
			secured := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
			through, v := new(villain), &villain{roots: roots}
			target := secured
			if scheme == "http" {
				target = nil
			}
			v.listen(t, scheme, target, func(c *caller) {
				for c.next() {
					c.say(ok)
				}
			})
			through.listen(t, "https", secured, speakHTTPProxy(make(chan string, 10)))
			client := proxied(t, v, strings.TrimSuffix(through.url, "/send"))
			require.Equal(t, webhook.NotBegun, client.Send(t.Context(), refusedRequest()).Verdict)
			require.Zero(t, v.requests.Load())
			answered(200).require(t, send(t, client))
		})
	}
}

func TestProxy_ThatFailsIsAKnownOutcome(t *testing.T) {
	t.Parallel()
	for name, speak := range map[string]func(c *caller){
		"refuses":            func(c *caller) { c.next(); c.say("HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n") },
		"cannot reach it":    func(c *caller) { c.next(); c.say("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n") },
		"speaks garbage":     func(c *caller) { c.next(); c.say("hello\r\n\r\n") },
		"closes":             func(c *caller) { c.next() },
		"headers for ever":   func(c *caller) { c.next(); c.say("HTTP/1.1 200 OK\r\n"); c.flood("A: b\r\n") },
		"hints for ever":     func(c *caller) { c.next(); c.flood("HTTP/1.1 100 Continue\r\n\r\n") },
		"200, and then none": func(c *caller) { c.next(); c.say("HTTP/1.1 200 OK\r\n\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			through := newVillain(t, "http", speak)
			v := newVillain(t, "https", func(c *caller) { c.next() })
			reply := send(t, proxied(t, v, strings.TrimSuffix(through.url, "/send")))
			unreachable().require(t, reply)
			require.Zero(t, v.requests.Load())
			require.Less(t, reply.Duration, calmLimit)
		})
	}
}

// Not parallel: it sets the environment. Proxies of the environment are not asked
// for this machine's own addresses, but 0.0.0.0 does not count as one.
func TestProxy_NeverTheEnvironments(t *testing.T) {
	through := newVillain(t, "http", func(c *caller) { c.next() })
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		t.Setenv(name, through.url)
	}
	for _, name := range []string{"NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
		t.Setenv(name, "")
	}
	for _, scheme := range []string{"http", "https"} {
		v := newVillain(t, scheme, func(c *caller) {
			if c.next() {
				c.say(ok)
			}
		})
		v.url = strings.Replace(v.url, "127.0.0.1", "0.0.0.0", 1)
		answered(200).require(t, send(t, v.client(t, calmLimit)))
	}
	require.Zero(t, through.connections.Load())

	// The same addresses, by somebody who does ask the environment.
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://0.0.0.0:1/", nil)
	require.NoError(t, err)
	asked, err := http.ProxyFromEnvironment(request)
	require.NoError(t, err)
	require.NotNil(t, asked, "the check can fail")
}

func TestProxy_ItsErrorsTellNoSecret(t *testing.T) {
	t.Parallel()
	through := newVillain(t, "http", func(c *caller) {
		_, _ = http.ReadRequest(bufio.NewReader(c))
	})
	v := newVillain(t, "https", func(c *caller) { c.next() })
	reply := send(t, proxied(t, v, strings.Replace(strings.TrimSuffix(through.url, "/send"), "http://", "http://user:pa55word@", 1)))
	require.Equal(t, models.ErrorCodeUnreachable, reply.Code)
	require.NotContains(t, reply.Reason+reply.Detail, "pa55word")
	require.NotContains(t, reply.Reason+reply.Detail, "dXNlcjpwYTU1d29yZA==")
}
