package webhook_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whatever is wrong with TLS, the message has not left, and that is known.
func TestTLS_WithoutTrustNothingLeaves(t *testing.T) {
	t.Parallel()
	hour := time.Hour
	soon := time.Now().Add(hour) //nolint:forbidigo // TLS looks at the real clock
	for name, test := range map[string]struct {
		expires  time.Time
		hosts    []string // none: 127.0.0.1
		stranger bool     // the certificate is nobody's we trust
		change   func(*tls.Config)
		want     outcome
	}{
		"right":              {expires: soon, want: answered(200)},
		"TLS 1.2":            {expires: soon, change: func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, want: answered(200)},
		"expired":            {expires: soon.Add(-2 * hour), want: unreachable()},
		"not yet valid":      {expires: soon.Add(1000 * hour), want: unreachable()},
		"signed by itself":   {expires: soon, stranger: true, want: unreachable()},
		"of another host":    {expires: soon, hosts: []string{"sms.example.com"}, want: unreachable()},
		"TLS 1.1":            {expires: soon, change: older(tls.VersionTLS11), want: unreachable()},
		"TLS 1.0":            {expires: soon, change: older(tls.VersionTLS10), want: unreachable()},
		"no certificate":     {expires: soon, change: func(c *tls.Config) { c.Certificates = nil }, want: unreachable()},
		"a protocol of none": {expires: soon, change: func(c *tls.Config) { c.NextProtos = []string{"imap"} }, want: unreachable()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certificate, roots := newCertificate(t, test.expires, test.hosts...)
			if test.stranger {
				roots = x509.NewCertPool()
			}
			secured := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
			if test.change != nil {
				test.change(secured)
			}
			v := &villain{roots: roots}
			v.listen(t, "https", secured, func(c *caller) {
				if c.next() {
					c.say(ok)
				}
			})
			test.want.require(t, send(t, v.client(t, calmLimit)))
			if test.want.status == 0 {
				require.Zero(t, v.requests.Load())
			}
		})
	}
}

func older(version uint16) func(*tls.Config) {
	return func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, version }
}

func TestTLS_AnAddressThatSpeaksSomethingElseGetsNoMessage(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"plain HTTP":             ok,
		"an HTTP error":          "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTPS request to an HTTP server.",
		"noise":                  strings.Repeat("\xff", 100),
		"nothing, and closes":    "",
		"an alert":               "\x15\x03\x03\x00\x02\x02\x28",
		"a record without end":   "\x16\x03\x03\xff\xff" + strings.Repeat("\x00", 1<<17),
		"a hello that is a hoax": "\x16\x03\x03\x00\x04\x02\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			heard := make(chan []byte, 1)
			v := &villain{roots: x509.NewCertPool()}
			v.listen(t, "https", nil, func(c *caller) {
				hello := make([]byte, 1024)
				n, _ := c.Read(hello)
				c.say(answer)
				if answer == "" {
					heard <- hello[:n]
					return
				}
				rest, _ := io.ReadAll(c)
				heard <- append(hello[:n], rest...)
			})
			unreachable().require(t, send(t, v.client(t, calmLimit)))
			all := string(<-heard)
			for _, secret := range []string{"905551111111", "the-key", "POST", "/send"} {
				require.NotContains(t, all, secret)
			}
		})
	}
}

func TestTLS_AHandshakeThatDripsEndsWithinTheTimeLimit(t *testing.T) {
	t.Parallel()
	v := &villain{roots: x509.NewCertPool()}
	v.listen(t, "https", nil, func(c *caller) {
		c.drip("\x16\x03\x03\x40\x00"+strings.Repeat("\x00", 1<<14), 10*time.Millisecond)
	})
	reply := send(t, v.client(t, hangLimit))
	unreachable().require(t, reply)
	require.Less(t, reply.Duration, hangLimit+slack)
}

func TestTLS_APlainCallToATLSPortIsAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	v := newVillain(t, "https", func(c *caller) { c.next() })
	v.url = strings.Replace(v.url, "https:", "http:", 1)
	lost().require(t, send(t, v.client(t, calmLimit)))
	require.Zero(t, v.requests.Load())
}
