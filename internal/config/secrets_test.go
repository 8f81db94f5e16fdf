package config_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

// canary is what must not be seen anywhere.
const canary = "CaNaRy0123456789"

// seen returns all that Load says and all ways to print what it returns.
func seen(t *testing.T, environ map[string]string, dotenv string) string {
	t.Helper()
	cfg, warnings, err := config.Load(environ, dotenv)
	var all strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		_, _ = fmt.Fprintf(&all, verb+verb+verb, cfg, &cfg, cfg.APIKeys)
		_, _ = fmt.Fprintf(&all, verb+verb+verb, cfg.WebhookURL, cfg.WebhookAuthKey, cfg.MongoDBURI)
		_, _ = fmt.Fprintf(&all, verb+verb+verb, cfg.WebhookSigningSecrets, &cfg.WebhookSigningSecrets, cfg.WebhookProxy)
		_, _ = fmt.Fprintf(&all, verb+verb+verb, cfg.DeliveryReportKeys, &cfg.DeliveryReportKeys, cfg.DeliveryReportSecrets)
	}
	encoded, encodeErr := json.Marshal(any(cfg))
	require.NoError(t, encodeErr)
	_, _ = fmt.Fprintf(&all, "%s%v%+v%v%v%#v", encoded, cfg.Effective(), cfg.Effective(), warnings, err, err)
	return all.String()
}

func TestLoad_NeverShowsASecret(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environ map[string]string
		dotenv  string
	}{
		"right ones": {environ: map[string]string{
			"WEBHOOK_URL": "https://user:" + canary + "@h/x?token=" + canary, "WEBHOOK_AUTH_KEY": canary,
			"MONGODB_URI": "mongodb://u:" + canary + "@h", "REDIS_PASSWORD": canary, "API_KEYS": "ops:operator:" + canary,
			"DELIVERY_REPORT_KEYS": canary, "DELIVERY_REPORT_SECRETS": "whsec_" + base64.StdEncoding.EncodeToString([]byte(canary+canary)),
			"WEBHOOK_PROXY": "http://u:" + canary + "@proxy:1", "WEBHOOK_SIGNING_SECRETS": "whsec_" + base64.StdEncoding.EncodeToString([]byte(canary+canary)),
		}},
		"wrong ones": {environ: map[string]string{
			"WEBHOOK_URL": "ftp://user:" + canary + "@h/", "WEBHOOK_AUTH_KEY": canary + "\n",
			"MONGODB_URI": "redis://u:" + canary + "@h", "REDIS_PASSWORD": canary + "\x00", "API_KEYS": "ops:operator:" + canary + " ",
		}},
		"URL that cannot be parsed":         {environ: map[string]string{"WEBHOOK_URL": "http://user:" + canary + "/x@h:a/"}},
		"URL with a strange user":           {environ: map[string]string{"WEBHOOK_URL": "http://user/" + canary + "@h"}},
		"URL with a token as its user":      {environ: map[string]string{"WEBHOOK_URL": "http://" + canary + "@h"}},
		"signing secret without its prefix": {environ: map[string]string{"WEBHOOK_SIGNING_SECRETS": canary + canary}},
		"signing secret that is not base64": {environ: map[string]string{"WEBHOOK_SIGNING_SECRETS": "whsec_" + canary + "!"}},
		"signing secret that is too short":  {environ: map[string]string{"WEBHOOK_SIGNING_SECRETS": "whsec_" + canary}},
		"signing secret in place of origin": {environ: map[string]string{"CORS_ALLOWED_ORIGINS": canary}},
		"proxy with something after it":     {environ: map[string]string{"WEBHOOK_PROXY": "http://u:" + canary + "@p/x"}},
		"proxy of another kind":             {environ: map[string]string{"WEBHOOK_PROXY": "socks4://" + canary + "@p"}},
		"key alone":                         {environ: map[string]string{"API_KEYS": canary}},
		"key first":                         {environ: map[string]string{"API_KEYS": canary + ":operator:ops"}},
		"key as role":                       {environ: map[string]string{"API_KEYS": "ops:" + canary + ":operator"}},
		"report key that is too long":       {environ: map[string]string{"DELIVERY_REPORT_KEYS": strings.Repeat(canary, 17)}},
		"the same report key twice":         {environ: map[string]string{"DELIVERY_REPORT_KEYS": canary + "," + canary}},
		"report key in both places":         {environ: map[string]string{"DELIVERY_REPORT_KEYS": canary, "API_KEYS": "a:reader:" + canary}},
		"report key as its region":          {environ: map[string]string{"DEFAULT_REGION": canary + canary + canary}},
		"the same key twice":                {environ: map[string]string{"API_KEYS": "a:reader:" + canary + ",b:reader:" + canary}},
		"secret in place of its file":       {environ: map[string]string{"WEBHOOK_AUTH_KEY_FILE": canary}},
		"secret given twice":                {environ: map[string]string{"WEBHOOK_AUTH_KEY": canary, "WEBHOOK_AUTH_KEY_FILE": canary}},
		"address of Redis as its host":      {environ: map[string]string{"REDIS_HOST": "redis://:" + canary + "@h:1"}},
		"address of Redis as its port":      {environ: map[string]string{"REDIS_PORT": ":" + canary + "@h:1"}},
		"address of MongoDB as its name":    {environ: map[string]string{"MONGODB_DATABASE": "mongodb://u:" + canary + "@h"}},
		"broken .env":                       {dotenv: "REDIS_PASSWORD=\"" + canary + "\n" + canary + "\n"},
		".env with a secret over two rows":  {dotenv: "WEBHOOK_AUTH_KEY=\n" + canary + "==\n"},
		".env with a swallowed reference":   {dotenv: "REDIS_PASSWORD=" + canary + "$X\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := seen(t, test.environ, write(t, test.dotenv))
			// Counted, because a failure must not print it all.
			require.Zero(t, strings.Count(all, canary), "the canary is seen")
			require.Zero(t, strings.Count(all, fmt.Sprintf("%x", canary)), "the canary is seen in hexadecimal")
			require.Zero(t, strings.Count(all, base64.StdEncoding.EncodeToString([]byte(canary+canary))), "the canary is seen in base64")
		})
	}
}

func TestEffective_MasksSecretsAndCredentials(t *testing.T) {
	t.Parallel()
	cfg := load(t, with("REDIS_PASSWORD", "p", "WEBHOOK_URL", "https://u:p@h.example:8443/a%20b/?t=1"), "")
	from, shown := source(t, cfg, "REDIS_PASSWORD")
	require.Equal(t, config.FromEnvironment, from)
	require.Equal(t, "***", shown)
	_, shown = source(t, cfg, "WEBHOOK_URL")
	require.Equal(t, "https://***@h.example:8443/a%20b/?***", shown)
	_, shown = source(t, cfg, "WEBHOOK_AUTH_KEY")
	require.Empty(t, shown)
}

func TestEffective_ShowsControlCharactersQuoted(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.Load(with("DATA_DIR", "a\nSERVER_PORT=1"), "")
	require.Error(t, err)
	_, shown := source(t, cfg, "DATA_DIR")
	require.Equal(t, `"a\nSERVER_PORT=1"`, shown)
}
