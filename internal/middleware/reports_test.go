package middleware_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/handlers"
	"auto-message-sender/internal/middleware"
	"auto-message-sender/internal/standardwebhooks"
)

const (
	reportKey = "report-key-0123456789abcdef"
	report    = `{"messageId":"m-1","status":"delivered"}`
)

func reportSecrets() [][]byte {
	return [][]byte{bytes.Repeat([]byte("a"), 24), bytes.Repeat([]byte("b"), 24)}
}

// reported returns a chain that answers a delivery report with its actor and the
// body that the handler was given.
func reported(t *testing.T, keys []string, secrets [][]byte, apiKeys *middleware.Keyring) *chain {
	t.Helper()
	c := setup(t)
	limiter, err := middleware.NewRateLimiter(middleware.RateLimitOptions{Limit: 5, Period: time.Minute, Keys: apiKeys, Log: c.log, Now: wallClock})
	require.NoError(t, err)
	guards, err := middleware.Reports(middleware.ReportsOptions{Keys: keys, Secrets: secrets, APIKeys: apiKeys, Limiter: limiter, Now: wallClock}, c.problems)
	require.NoError(t, err)
	c.serve(func(c *gin.Context) {
		body, err := io.ReadAll(c.Request.Body)
		if err != nil {
			c.Status(http.StatusTeapot)
			return
		}
		c.String(http.StatusOK, handlers.Actor(c.Request.Context())+" "+string(body))
	}, append([]gin.HandlerFunc{middleware.BodyLimit(1000, c.problems)}, guards...)...)
	return c
}

// signedWith signs a body as of so long ago.
func signedWith(secret []byte, body string, ago time.Duration) func(*http.Request) {
	timestamp := strconv.FormatInt(wallClock().Add(-ago).Unix(), 10)
	return func(r *http.Request) {
		r.Header.Set("Webhook-Id", "r-1")
		r.Header.Set("Webhook-Timestamp", timestamp)
		r.Header.Set("Webhook-Signature", standardwebhooks.Sign(secret, "r-1", timestamp, []byte(body)))
	}
}

func (c *chain) report(body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	return c.send(http.MethodPost, "/thing", strings.NewReader(body), change...)
}

func TestReports_NeedTheirOwnKeyOrSignature(t *testing.T) {
	t.Parallel()
	secrets := reportSecrets()
	tests := []struct {
		name    string
		keys    []string
		secrets [][]byte
		show    []func(*http.Request)
		want    string // what is wrong; empty: let in
	}{
		{"key", []string{reportKey}, nil, []func(*http.Request){withKey(reportKey)}, ""},
		{"bearer", []string{"another-key-0123456789", reportKey}, nil, []func(*http.Request){header("Authorization", "Bearer "+reportKey)}, ""},
		{"nothing", []string{reportKey}, nil, nil, "needs a key of its own"},
		{"another key", []string{reportKey}, nil, []func(*http.Request){withKey(reportKey + "x")}, "not one of DELIVERY_REPORT_KEYS"},
		{"an API key", []string{reportKey}, nil, []func(*http.Request){withKey(opsKey)}, "not one of DELIVERY_REPORT_KEYS"},
		{"signed, where keys are asked for", []string{reportKey}, nil, []func(*http.Request){signedWith(secrets[0], report, 0)}, "needs a key of its own"},
		{"signed", nil, secrets, []func(*http.Request){signedWith(secrets[0], report, 0)}, ""},
		{"signed with the other one", nil, secrets, []func(*http.Request){signedWith(secrets[1], report, 4*time.Minute)}, ""},
		{"signed with another one", nil, secrets, []func(*http.Request){signedWith([]byte("x"), report, 0)}, "webhook-signature does not fit"},
		{"signed over another body", nil, secrets, []func(*http.Request){signedWith(secrets[0], report+" ", 0)}, "webhook-signature does not fit"},
		{"signed long ago", nil, secrets, []func(*http.Request){signedWith(secrets[0], report, 6*time.Minute)}, "give or take 5 minutes"},
		{"signed by a clock that is ahead", nil, secrets, []func(*http.Request){signedWith(secrets[0], report, -6*time.Minute)}, "give or take 5 minutes"},
		{"signed without its time", nil, secrets, []func(*http.Request){signedWith(secrets[0], report, 0), func(r *http.Request) { r.Header.Del("Webhook-Timestamp") }}, "each once"},
		{"nothing, where a signature is asked for", nil, secrets, nil, "needs a signature by the Standard Webhooks"},
		{"a key, where a signature is asked for", nil, secrets, []func(*http.Request){withKey(opsKey)}, "not one of DELIVERY_REPORT_KEYS"},
		{"either: the key", []string{reportKey}, secrets, []func(*http.Request){withKey(reportKey)}, ""},
		{"either: the signature", []string{reportKey}, secrets, []func(*http.Request){signedWith(secrets[1], report, 0)}, ""},
		{"either: a wrong key, a right signature", []string{reportKey}, secrets, []func(*http.Request){withKey("wrong"), signedWith(secrets[1], report, 0)}, ""},
		{"either: nothing", []string{reportKey}, secrets, nil, "X-API-Key: <key>, or a signature"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// With API keys and without: what is set for reports alone counts.
			for _, apiKeys := range []*middleware.Keyring{ring(), new(middleware.Keyring)} {
				answer := reported(t, tt.keys, tt.secrets, apiKeys).report(report, tt.show...)
				if tt.want == "" {
					require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
					require.Equal(t, middleware.ReportsActor+" "+report, answer.Body.String())
					continue
				}
				require.Equal(t, http.StatusUnauthorized, answer.Code)
				require.NotEmpty(t, answer.Header().Get("WWW-Authenticate"))
				require.Contains(t, problemOf(t, answer).Detail, tt.want)
				require.NotContains(t, answer.Body.String(), "0123456789")
			}
		})
	}
}

func TestReports_WithoutTheirOwnAreForSenders(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]int{opsKey: 200, appKey: 200, eyeKey: 403, "": 401, reportKey: 401} {
		answer := reported(t, nil, nil, ring()).report(report, withKey(key))
		require.Equal(t, want, answer.Code, key)
	}
	require.Equal(t, "app "+report, reported(t, nil, nil, ring()).report(report, withKey(appKey)).Body.String())
	require.Equal(t, "anonymous "+report, reported(t, nil, nil, new(middleware.Keyring)).report(report).Body.String(), "no keys at all")
}

// A provider reports as fast as messages go out; whoever guesses does not get far.
func TestReports_AreCountedOnlyWhenTheyAreRefused(t *testing.T) {
	t.Parallel()
	c := reported(t, []string{reportKey}, reportSecrets(), ring())
	for range 20 {
		require.Equal(t, http.StatusOK, c.report(report, withKey(reportKey)).Code)
		require.Equal(t, http.StatusOK, c.report(report, signedWith(reportSecrets()[0], report, 0)).Code)
	}
	for i := range 5 {
		wrong := withKey("wrong")
		if i%2 == 0 {
			wrong = signedWith([]byte("wrong"), report, 0)
		}
		require.Equal(t, http.StatusUnauthorized, c.report(report, wrong).Code)
	}
	requireRefused(t, c.report(report, withKey(reportKey)))
	requireRefused(t, c.report(report, signedWith(reportSecrets()[0], report, 0)))
	require.Equal(t, http.StatusOK, c.report(report, withKey(reportKey), from("192.0.2.2:1")).Code)

	open := reported(t, nil, nil, new(middleware.Keyring))
	for range 5 {
		require.Equal(t, http.StatusOK, open.report(report).Code)
	}
	requireRefused(t, open.report(report))
}

func TestReports_AreReadToTheLimitOfABodyAndNoFurther(t *testing.T) {
	t.Parallel()
	c := reported(t, nil, reportSecrets(), ring())
	for length, want := range map[int]int{1000: 200, 1001: 413} {
		body := strings.Repeat("x", length)
		answer := c.report(body, signedWith(reportSecrets()[0], body, 0), func(r *http.Request) { r.ContentLength = -1 })
		require.Equal(t, want, answer.Code)
	}
	broken := c.send(http.MethodPost, "/thing", io.MultiReader(strings.NewReader("x"), brokenReader{}), signedWith(reportSecrets()[0], "x", 0))
	require.Equal(t, http.StatusBadRequest, broken.Code)
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestReports_NeedTheirOptions(t *testing.T) {
	t.Parallel()
	_, err := middleware.Reports(middleware.ReportsOptions{}, handlers.NewProblems(nil))
	require.ErrorContains(t, err, "need APIKeys, Limiter and Now")
}

// FuzzReports holds that nothing but the key and the signature opens, whatever
// the fields say.
func FuzzReports(f *testing.F) {
	secret := reportSecrets()[0]
	timestamp := strconv.FormatInt(wallClock().Unix(), 10)
	right := standardwebhooks.Sign(secret, "r-1", timestamp, []byte(report))
	f.Add("", "", "r-1", timestamp, right, report)
	f.Add(reportKey, "", "", "", "", report)
	f.Add("", "Bearer "+reportKey, "r-1", "1", "v1,", "")
	f.Add("\x00", "bearer", "r.1", "-"+timestamp, right+" "+right, report)
	problems := handlers.NewProblems(nil)
	limiter, err := middleware.NewRateLimiter(middleware.RateLimitOptions{Limit: 1 << 40, Period: time.Minute, Log: logrus.New(), Now: wallClock})
	require.NoError(f, err)
	guards, err := middleware.Reports(middleware.ReportsOptions{
		Keys: []string{reportKey}, Secrets: [][]byte{secret}, APIKeys: ring(), Limiter: limiter, Now: wallClock,
	}, problems)
	require.NoError(f, err)
	c := &chain{engine: gin.New()}
	require.NoError(f, c.engine.SetTrustedProxies(nil))
	c.engine.Use(guards...)
	c.engine.POST("/thing", ok)
	f.Fuzz(func(t *testing.T, apiKey, authorization, id, timestamp, signature, body string) {
		answer := c.report(body, func(r *http.Request) {
			r.Header = http.Header{
				"X-Api-Key": {apiKey}, "Authorization": {authorization},
				"Webhook-Id": {id}, "Webhook-Timestamp": {timestamp}, "Webhook-Signature": {signature},
			}
		})
		require.Contains(t, []int{http.StatusOK, http.StatusUnauthorized}, answer.Code)
		if answer.Code != http.StatusOK {
			return
		}
		fits := strings.Contains(signature, standardwebhooks.Sign(secret, id, timestamp, []byte(body))[3:])
		require.True(t, fits || apiKey == reportKey || strings.Contains(authorization, reportKey), fmt.Sprint(apiKey, authorization, signature))
	})
}
