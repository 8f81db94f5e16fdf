package config_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLoad_WrongValuesAreRefusedByName(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"ENVIRONMENT": {"prod", "staging"},
		"SERVER_HOST": {"localhost:8080", "http://localhost", "[::1]", "256.1.1.1", "-a", "a b", strings.Repeat("a", 254)},
		"SERVER_PORT": {"0", "-1", "65536", "80a", "8080.0", "99999999999999999999"},
		"API_KEYS": {
			"secret", "ops:0123456789abcdef", "ops:admin:0123456789abcdef", "ops:operator:short",
			":operator:0123456789abcdef", "o ps:operator:0123456789abcdef", "ops:operator:0123456789abcdef,",
			"ops:operator:0123456789abcdé", "ops:operator:01234567 89abcdef", "ops:operator:" + strings.Repeat("x", 257),
			"a:reader:0123456789abcdef,a:reader:fedcba9876543210", "a:reader:0123456789abcdef,b:reader:0123456789abcdef",
		},
		"API_AUTH":           {"true", "none"},
		"MAX_CONTENT_LENGTH": {"0", "1601", "-1", "160 characters"},
		"DEFAULT_REGION":     {"Turkey", "ZZ", "T", "TUR", "+90", "90", "XX", "001"},
		"PHONE_VALIDATION":   {"valid", "true"},
		"DEFAULT_VALIDITY":   {"30", "-1s", "1500ms", "0.5s", "367d", "1d-1h", "d", "1h1d", "-1d", "106752d", "213504d", "99999999999999999999d", "1w"},
		"RETENTION":          {"90", "0", "59m", "-90d", "36501d", "106752d", "90 days", "1.5d"},
		"RETENTION_ACTION":   {"redact", "keep"},
		"DELIVERY_REPORT_KEYS": {
			"short", "0123456789abcdef,", "0123456789abcdef,short", "0123456789abcdef,0123456789abcdef", "0123456789abcdé", "01234567 89abcdef",
			strings.Repeat("x", 257), "0123456789abcdef;fedcba9876543210é",
		},
		"DELIVERY_REPORT_SECRETS": {"secret", signingSecret(23), signingSecret(32) + "," + signingSecret(32), manySecrets(11)},
		"RATE_LIMIT":              {"100", "0/1m", "-1/1m", "100/0s", "100/1", "x/1m", "100/1ms", "100/48h", "1000001/1m"},
		"TRUSTED_PROXIES":         {"proxy", "10.0.0.0/33", "10.0.0.1,", "10.0.0.1;10.0.0.2"},
		"WEBHOOK_URL":             {"sms.example.com", "ftp://a/b", "http://", "http:///x", "https://a:0/", "https://a:70000/", "http://a b/", "http://a\nb/", "//a/b", "http://1.2.3/"},
		"WEBHOOK_AUTH_KEY":        {"a\nb", "a\r\nX-Other: b", "a\rb", "a\x00b", "a\tb", "a\x1bb", "a\x7fb", "schlüssel"},
		"WEBHOOK_AUTH_HEADER": {
			"x key", "x:key", "x\r\ny", "x\ny", "x\x00y", "x\ty", "ключ", "Content-Type", "idempotency-key", "HOST", "Connection", "keep-alive",
			"Content-Length", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Proxy-Authorization", "User-Agent", "Accept-Encoding",
			"webhook-id", "Webhook-Signature", "WEBHOOK-anything",
		},
		"WEBHOOK_SIGNING_SECRETS": {
			"secret", "whsec_", "whsec_c2hvcnQ=", signingSecret(23), signingSecret(65), signingSecret(32)[:30], signingSecret(32) + "=",
			strings.Replace(signingSecret(32), "whsec_", "WHSEC_", 1), strings.Replace(signingSecret(32), "whsec_", "whsk_", 1),
			signingSecret(32) + ",", signingSecret(32) + "," + signingSecret(32), signingSecret(32) + "," + signingSecret(33) + "," + signingSecret(34),
			signingSecret(32)[:20] + "\n" + signingSecret(32)[20:], signingSecret(32)[:20] + " " + signingSecret(32)[20:],
		},
		"WEBHOOK_PROXY": {
			"proxy.example.com:3128", "ftp://p", "socks4://p:1080", "http://", "http://p:0", "http://p:70000", "http://p/path", "http://p?x", "http://p#x",
			"http://p\r\nX: y", "http://a b", "//p",
		},
		"CORS_ALLOWED_ORIGINS": {
			"*", "https://*.example.com", "null", "app.example.com", "https://app.example.com/", "https://app.example.com/x", "https://u:p@h",
			"https://app.example.com:443", "http://app.example.com:80", "https://a?b", "https://a:", "ftp://a", "https://a,", "https://a;https://b",
		},
		"WEBHOOK_TIMEOUT":       {"30", "0s", "-1s", "11m", "1ms", "soon"},
		"MAX_RETRY_COUNT":       {"0", "101", "three"},
		"UNKNOWN_OUTCOME":       {"retry"},
		"SCHEDULER_INTERVAL":    {"0", "2", "10ms", "721h", "100.5ms", "1s1us"},
		"MESSAGES_PER_INTERVAL": {"-1", "1000001", "1e3"},
		"SCHEDULER_AUTOSTART":   {"true"},
		"MAX_IN_FLIGHT":         {"0", "10001"},
		"DATA_DIR":              {"a\x00b", "a\nb"},
		"MONGODB_URI":           {"localhost:27017", "mongodb://", "mongodb:///db", "mongodb://u:p@/db", "mongodb://a b", "http://a"},
		"MONGODB_DATABASE":      {"a/b", "a.b", "a b", "$a", strings.Repeat("a", 64)},
		"MONGODB_TIMEOUT":       {"10", "6m"},
		"REDIS_HOST":            {"redis:6379", "redis://redis"},
		"REDIS_PORT":            {"0", "65536"},
		"REDIS_PASSWORD":        {"a\x00b"},
		"REDIS_DATABASE":        {"-1", "1024"},
		"REDIS_DIAL_TIMEOUT":    {"0s", "2m"},
		"REDIS_READ_TIMEOUT":    {"x"},
		"REDIS_WRITE_TIMEOUT":   {"-3s"},
		"REDIS_POOL_SIZE":       {"0", "10001"},
		"REDIS_MIN_IDLE_CONNS":  {"-1", "11"},
		"LOG_LEVEL":             {"loud", "1"},
		"LOG_FORMAT":            {"xml"},
		"METRICS_ADDR":          {"9464", "metrics", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", ":70000", "http://127.0.0.1:9464", "a b:9464", "127.0.0.1:9464/metrics"},
		"REPLICA_ID":            {"a b", "ä", strings.Repeat("a", 129)},
	}
	for _, setting := range settings(t) {
		require.NotEmptyf(t, tests[setting.Name], "no wrong value tried for %s", setting.Name)
	}
	for name, wrong := range tests {
		for _, text := range wrong {
			t.Run(name+"="+text, func(t *testing.T) {
				t.Parallel()
				for _, problem := range problems(t, with(name, text), "") {
					require.Equal(t, name, problem.Name)
					require.NotEmpty(t, problem.Example)
					require.NotContains(t, problem.String(), "\n")
				}
			})
		}
	}
}

func TestLoad_RightValuesAreTaken(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"SERVER_HOST":         {"localhost", "127.0.0.2", "::1", "::ffff:127.0.0.1"},
		"REDIS_HOST":          {"redis", "my_redis.internal.", "10.0.0.5", "fe80::1%eth0", "r1"},
		"RATE_LIMIT":          {"1/1s", "1000000/24h"},
		"TRUSTED_PROXIES":     {"::1", "fd00::/8,10.1.2.3"},
		"WEBHOOK_URL":         {"http://localhost:9090", "HTTPS://a.example/x", "http://[::1]:9090/a%20b?c=d", "http://u:p@h/"},
		"WEBHOOK_AUTH_KEY":    {"a b", "Bearer x"},
		"WEBHOOK_AUTH_HEADER": {"Authorization", "x-api-key", "X-Webhook-Key"},
		"WEBHOOK_SIGNING_SECRETS": {
			signingSecret(24), signingSecret(64), signingSecret(32) + "," + signingSecret(33), signingSecret(32) + ", " + signingSecret(33),
		},
		"WEBHOOK_PROXY":           {"http://proxy:3128", "https://user:pass@proxy.example.com", "socks5://[::1]:1080/", "HTTP://proxy"},
		"CORS_ALLOWED_ORIGINS":    {"https://app.example.com", "http://localhost:3000, HTTPS://App.Example.com:8443", "http://[::1]:3000"},
		"MAX_CONTENT_LENGTH":      {"1", "1600"},
		"DEFAULT_REGION":          {"TR", "us", "GB"},
		"DEFAULT_VALIDITY":        {"0", "0s", "1s", "6h", "7d", "366d", "1d12h30m", "90m"},
		"RETENTION":               {"1h", "90d", "36500d", "2160h"},
		"DELIVERY_REPORT_KEYS":    {"0123456789abcdef", "0123456789abcdef, fedcba9876543210"},
		"DELIVERY_REPORT_SECRETS": {signingSecret(24), manySecrets(10)},
		"SCHEDULER_INTERVAL":      {"30d", "1d", "100ms", "1.5s"},
		"MONGODB_URI":             {"mongodb+srv://u:p@cluster.example/?w=majority", "mongodb://a:1,b:2,c:3", "mongodb://h?x=y"},
		"REPLICA_ID":              {"host-1_a.b"},
		"WEBHOOK_TIMEOUT":         {"10ms", "10m", "1m30s"},
	}
	for name, right := range tests {
		for _, text := range right {
			t.Run(name+"="+text, func(t *testing.T) {
				t.Parallel()
				load(t, with(name, text), "")
			})
		}
	}
}

// signingSecret returns a secret of n bytes, as it is configured.
func signingSecret(n int) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("s"), n))
}

// manySecrets returns n of them, none like another.
func manySecrets(n int) string {
	all := make([]string, 0, n)
	for i := range n {
		all = append(all, signingSecret(24+i))
	}
	return strings.Join(all, ",")
}

func TestLoad_SigningSecretsAreTheirBytes(t *testing.T) {
	t.Parallel()
	cfg := load(t, with("WEBHOOK_SIGNING_SECRETS", signingSecret(32)+","+signingSecret(64)), "")
	require.Equal(t, [][]byte{bytes.Repeat([]byte("s"), 32), bytes.Repeat([]byte("s"), 64)}, cfg.WebhookSigningSecrets.Reveal())

	file := write(t, signingSecret(40)+"\n")
	cfg = load(t, with("WEBHOOK_SIGNING_SECRETS_FILE", file), "")
	require.Equal(t, [][]byte{bytes.Repeat([]byte("s"), 40)}, cfg.WebhookSigningSecrets.Reveal())
	require.Empty(t, load(t, minimal(), "").WebhookSigningSecrets.Reveal())
}

func TestLoad_OneHeaderHasOneUse(t *testing.T) {
	t.Parallel()
	found := problems(t, with("WEBHOOK_URL", "https://u:p@h/", "WEBHOOK_AUTH_KEY", "k", "WEBHOOK_AUTH_HEADER", "authorization"), "")
	require.Len(t, found, 1)
	require.Equal(t, "WEBHOOK_AUTH_HEADER", found[0].Name)
	load(t, with("WEBHOOK_URL", "https://u:p@h/", "WEBHOOK_AUTH_HEADER", "authorization"), "")
	load(t, with("WEBHOOK_AUTH_KEY", "k", "WEBHOOK_AUTH_HEADER", "authorization"), "")
}

func TestLoad_TheProxyIsAnAddress(t *testing.T) {
	t.Parallel()
	proxy := load(t, with("WEBHOOK_PROXY", "socks5://u:p@proxy:1080"), "").ProxyURL()
	require.Equal(t, "socks5", proxy.Scheme)
	require.Equal(t, "proxy:1080", proxy.Host)
	require.Equal(t, "u:p", proxy.User.String())
	require.Nil(t, load(t, with("HTTP_PROXY", "http://other:1", "HTTPS_PROXY", "http://other:1", "ALL_PROXY", "http://other:1"), "").ProxyURL())
}

func TestLoad_OriginsAreWrittenAsBrowsersWriteThem(t *testing.T) {
	t.Parallel()
	cfg := load(t, with("CORS_ALLOWED_ORIGINS", "https://App.example.com, http://localhost:3000"), "")
	require.Equal(t, []string{"https://app.example.com", "http://localhost:3000"}, cfg.CORSAllowedOrigins)
	require.Empty(t, load(t, minimal(), "").CORSAllowedOrigins)
}

func TestLoad_ProblemSaysWhatWouldBeRight(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ name, text, problem string }{
		"number": {
			"SERVER_PORT", "80a",
			`SERVER_PORT: must be a whole number from 1 to 65535, not "80a"; for example SERVER_PORT=8080`,
		},
		"duration": {
			"SCHEDULER_INTERVAL", "2",
			`SCHEDULER_INTERVAL: must be a duration of whole milliseconds from 100ms to 30d with its unit (ms, s, m, h, d), not "2"; for example SCHEDULER_INTERVAL=2m`,
		},
		"validity": {
			"DEFAULT_VALIDITY", "500ms",
			`DEFAULT_VALIDITY: must be 0, or a duration of whole seconds from 1s to 366d with its unit (s, m, h, d), not "500ms"; for example DEFAULT_VALIDITY=6h`,
		},
		"age": {
			"RETENTION", "90",
			`RETENTION: must be a duration from 1h to 36500d with its unit (ms, s, m, h, d), not "90"; for example RETENTION=90d`,
		},
		"country": {
			"DEFAULT_REGION", "+90",
			`DEFAULT_REGION: must be the two letters of a country (ISO 3166-1 alpha-2) that has phone numbers of its own, not "+90"; for example DEFAULT_REGION=TR`,
		},
		"keys": {
			"DELIVERY_REPORT_KEYS", "0123456789abcdef,0123456789abcdef",
			`DELIVERY_REPORT_KEYS: entry 2 is entry 1 once more; for example DELIVERY_REPORT_KEYS=<key>,<another key>`,
		},
		"word": {
			"UNKNOWN_OUTCOME", "Retry",
			`UNKNOWN_OUTCOME: must be one of resend, hold, not "retry"; for example UNKNOWN_OUTCOME=hold`,
		},
		"address": {
			"WEBHOOK_URL", "sms.example.com/send",
			`WEBHOOK_URL: must begin with http:// or https://; for example WEBHOOK_URL=https://sms.example.com/send`,
		},
		"key": {
			"API_KEYS", "a:reader:0123456789abcdef,b:admin:x",
			`API_KEYS: entry 2 has an unknown role; the roles are reader, sender and operator; for example API_KEYS=ops:operator:<key>,app:sender:<key>` +
				"\n" +
				`API_KEYS: entry 2 needs a key of 16 to 256 characters, such as auto-message-sender keys new or openssl rand -hex 32 prints; for example API_KEYS=ops:operator:<key>,app:sender:<key>`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var lines []string
			for _, problem := range problems(t, with(test.name, test.text), "") {
				lines = append(lines, problem.String())
			}
			require.Equal(t, test.problem, strings.Join(lines, "\n"))
		})
	}
}
