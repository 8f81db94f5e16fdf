package webhook_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/models"
	"auto-message-sender/internal/webhook"
)

// Time limits of attempts: one that the far side means to outlast, and one that
// is long enough on any machine for what it does at once.
const (
	hangLimit = 300 * time.Millisecond
	calmLimit = 10 * time.Second
	slack     = time.Second // an attempt ends within its limit and this
)

// villain is a webhook on loopback that does by hand what it should not.
type villain struct {
	url   string
	roots *x509.CertPool // nil: no TLS

	connections atomic.Int64
	requests    atomic.Int64 // read to their end
}

// caller is one connection to a villain.
type caller struct {
	net.Conn

	reader *bufio.Reader
	of     *villain
}

// newVillain serves until the test ends; talk has each connection, which is
// closed when it returns.
func newVillain(tb testing.TB, scheme string, talk func(c *caller)) *villain {
	tb.Helper()
	v := &villain{}
	if scheme == "http" {
		return v.listen(tb, scheme, nil, talk)
	}
	certificate, roots := newCertificate(tb, time.Now().Add(time.Hour)) //nolint:forbidigo // TLS looks at the real clock
	v.roots = roots
	return v.listen(tb, scheme, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, talk)
}

func (v *villain) listen(tb testing.TB, scheme string, secured *tls.Config, talk func(c *caller)) *villain {
	tb.Helper()
	log.SetOutput(io.Discard) // net/http tells it what a webhook says unasked
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	v.url = scheme + "://" + listener.Addr().String() + "/send"
	var (
		serving sync.WaitGroup
		mu      sync.Mutex
		open    = map[net.Conn]bool{}
		ended   bool
	)
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			if ended {
				_ = conn.Close()
			}
			mu.Unlock()
			v.connections.Add(1)
			serving.Go(func() {
				defer func() {
					_ = conn.Close()
					mu.Lock()
					delete(open, conn)
					mu.Unlock()
				}()
				spoken := conn
				if secured != nil {
					server := tls.Server(conn, secured)
					defer func() { _ = server.Close() }()
					spoken = server
				}
				talk(&caller{Conn: spoken, reader: bufio.NewReader(spoken), of: v})
			})
		}
	})
	tb.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		ended = true
		for conn := range open {
			_ = conn.Close()
		}
		mu.Unlock()
		serving.Wait()
	})
	return v
}

// next reads one request to its end, false where the client sends no more.
func (c *caller) next() bool {
	request, err := http.ReadRequest(c.reader)
	if err != nil {
		return false
	}
	if _, err := io.Copy(io.Discard, request.Body); err != nil {
		return false
	}
	c.of.requests.Add(1)
	return true
}

func (c *caller) say(text string) { _, _ = io.WriteString(c, text) }

// wait returns when the client has closed the connection, or the test has ended.
func (c *caller) wait() { _, _ = io.Copy(io.Discard, c.reader) }

// drip says one byte at a time.
func (c *caller) drip(text string, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := range len(text) {
		<-tick.C
		if _, err := io.WriteString(c, text[i:i+1]); err != nil {
			return
		}
	}
}

// flood says the text until the client has enough, or a GiB is full.
func (c *caller) flood(text string) {
	for said := 0; said < 1<<30; said += len(text) {
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
	}
}

// client returns one that calls the villain.
func (v *villain) client(tb testing.TB, limit time.Duration) *webhook.Client {
	tb.Helper()
	client, err := webhook.New(webhook.Options{
		URL: v.url, AuthHeader: "x-ins-auth-key", AuthKey: "the-key",
		Timeout: limit, MaxConns: 32, UserAgent: "test", RootCAs: v.roots, Now: wallClock,
	})
	require.NoError(tb, err)
	tb.Cleanup(client.Close)
	return client
}

// newCertificate returns a certificate of its own for 127.0.0.1, and who trusts it.
func newCertificate(tb testing.TB, expires time.Time, hosts ...string) (tls.Certificate, *x509.CertPool) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "villain"},
		NotBefore: expires.Add(-24 * time.Hour), NotAfter: expires,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		DNSNames: hosts,
	}
	if len(hosts) == 0 {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4zero}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(tb, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(tb, err)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// outcome is what an attempt must come to.
type outcome struct {
	verdict webhook.Verdict
	unknown bool
	status  int
	code    string
}

func answered(status int) outcome {
	verdict := webhook.Classify(status)
	if verdict == webhook.Accepted {
		return outcome{verdict: verdict, status: status}
	}
	return outcome{verdict, status == http.StatusGatewayTimeout, status, "http_" + http.StatusText(status)}
}

// What an attempt without an answer comes to.
func lost() outcome { return outcome{webhook.Retry, true, 0, models.ErrorCodeConnectionLost} }

func timedOut() outcome { return outcome{webhook.Retry, true, 0, models.ErrorCodeTimeout} }

func unreachable() outcome { return outcome{webhook.Retry, false, 0, models.ErrorCodeUnreachable} }

func (o outcome) require(t *testing.T, reply webhook.Reply) {
	t.Helper()
	require.Equal(t, o.verdict, reply.Verdict, "%+v", reply)
	require.Equal(t, o.unknown, reply.Unknown, "%+v", reply)
	require.Equal(t, o.status, reply.StatusCode, "%+v", reply)
	if o.status == 0 {
		require.Equal(t, o.code, reply.Code, "%+v", reply)
	}
}

// bothRoutes are plain HTTP and TLS, which are called by different code.
func bothRoutes() []string { return []string{"http", "https"} }
