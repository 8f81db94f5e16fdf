package config_test

import (
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
		"API_AUTH":              {"true", "none"},
		"RATE_LIMIT":            {"100", "0/1m", "-1/1m", "100/0s", "100/1", "x/1m", "100/1ms", "100/48h", "1000001/1m"},
		"TRUSTED_PROXIES":       {"proxy", "10.0.0.0/33", "10.0.0.1,", "10.0.0.1;10.0.0.2"},
		"WEBHOOK_URL":           {"sms.example.com", "ftp://a/b", "http://", "http:///x", "https://a:0/", "https://a:70000/", "http://a b/", "http://a\nb/", "//a/b", "http://1.2.3/"},
		"WEBHOOK_AUTH_KEY":      {"a\nb", "a\r\nX-Other: b", "a\x00b", "schlüssel"},
		"WEBHOOK_AUTH_HEADER":   {"x key", "x:key", "x\r\ny", "ключ", "Content-Type", "idempotency-key", "HOST"},
		"WEBHOOK_TIMEOUT":       {"30", "0s", "-1s", "11m", "1ms", "soon"},
		"MAX_RETRY_COUNT":       {"0", "101", "three"},
		"UNKNOWN_OUTCOME":       {"retry"},
		"SCHEDULER_INTERVAL":    {"0", "2", "10ms", "721h"},
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
		"SERVER_HOST":      {"localhost", "127.0.0.2", "::1", "::ffff:127.0.0.1"},
		"REDIS_HOST":       {"redis", "my_redis.internal.", "10.0.0.5", "fe80::1%eth0", "r1"},
		"RATE_LIMIT":       {"1/1s", "1000000/24h"},
		"TRUSTED_PROXIES":  {"::1", "fd00::/8,10.1.2.3"},
		"WEBHOOK_URL":      {"http://localhost:9090", "HTTPS://a.example/x", "http://[::1]:9090/a%20b?c=d", "http://u:p@h/"},
		"WEBHOOK_AUTH_KEY": {"a b", "Bearer x"},
		"MONGODB_URI":      {"mongodb+srv://u:p@cluster.example/?w=majority", "mongodb://a:1,b:2,c:3", "mongodb://h?x=y"},
		"REPLICA_ID":       {"host-1_a.b"},
		"WEBHOOK_TIMEOUT":  {"10ms", "10m", "1m30s"},
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

func TestLoad_ProblemSaysWhatWouldBeRight(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ name, text, problem string }{
		"number": {
			"SERVER_PORT", "80a",
			`SERVER_PORT: must be a whole number from 1 to 65535, not "80a"; for example SERVER_PORT=8080`,
		},
		"duration": {
			"SCHEDULER_INTERVAL", "2",
			`SCHEDULER_INTERVAL: must be a duration from 100ms to 720h with its unit (ms, s, m, h), not "2"; for example SCHEDULER_INTERVAL=2m`,
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
				`API_KEYS: entry 2 needs a key of 16 to 256 characters, such as openssl rand -hex 32 prints; for example API_KEYS=ops:operator:<key>,app:sender:<key>`,
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
