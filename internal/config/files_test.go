package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

func TestLoad_SecretMayComeFromAFile(t *testing.T) {
	t.Parallel()
	cfg := load(t, with(
		"MONGODB_URI_FILE", write(t, "mongodb://u:p@db\n"),
		"REDIS_PASSWORD_FILE", write(t, "pass word\r\n"),
		"WEBHOOK_AUTH_KEY_FILE", write(t, "key"),
	), write(t, "API_KEYS_FILE="+write(t, "ops:operator:0123456789abcdef\n")+"\n"))

	require.Equal(t, "mongodb://u:p@db", cfg.MongoDBURI.Reveal())
	require.Equal(t, "pass word", cfg.RedisPassword.Reveal())
	require.Equal(t, "key", cfg.WebhookAuthKey.Reveal())
	require.Len(t, cfg.APIKeys, 1)
	from, shown := source(t, cfg, "API_KEYS")
	require.Equal(t, config.FromFile, from)
	require.Equal(t, "***", shown)
}

func TestLoad_SecretFileProblems(t *testing.T) {
	t.Parallel()
	key := write(t, "from-file")
	tests := map[string]struct {
		environ []string
		dotenv  string
		name    string
		fault   string
	}{
		"both in the environment": {[]string{"WEBHOOK_AUTH_KEY", "k", "WEBHOOK_AUTH_KEY_FILE", key}, "", "WEBHOOK_AUTH_KEY", "given twice"},
		"one in .env":             {[]string{"WEBHOOK_AUTH_KEY_FILE", key}, "WEBHOOK_AUTH_KEY=k", "WEBHOOK_AUTH_KEY", "given twice"},
		"missing":                 {[]string{"WEBHOOK_AUTH_KEY_FILE", "/does/not/exist"}, "", "WEBHOOK_AUTH_KEY_FILE", "no such file"},
		"a directory":             {[]string{"REDIS_PASSWORD_FILE", t.TempDir()}, "", "REDIS_PASSWORD_FILE", "not a file"},
		"empty":                   {[]string{"MONGODB_URI_FILE", write(t, "\n")}, "", "MONGODB_URI_FILE", "is empty"},
		"too large":               {[]string{"API_KEYS_FILE", write(t, strings.Repeat("x", 65<<10))}, "", "API_KEYS_FILE", "larger than 64 KiB"},
		"two lines":               {[]string{"WEBHOOK_AUTH_KEY_FILE", write(t, "a\nb\n")}, "", "WEBHOOK_AUTH_KEY", "on one line"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := problems(t, with(test.environ...), write(t, test.dotenv))
			require.Len(t, found, 1)
			require.Equal(t, test.name, found[0].Name)
			require.Contains(t, found[0].Fault, test.fault)
		})
	}
}

func TestLoad_EmptyVariableBesideASecretFileIsNotGivenTwice(t *testing.T) {
	t.Parallel()
	cfg := load(t, with("WEBHOOK_AUTH_KEY", "", "WEBHOOK_AUTH_KEY_FILE", write(t, "key")), "")
	require.Equal(t, "key", cfg.WebhookAuthKey.Reveal())
}

func TestLoad_DotenvOfAnEditorWithByteOrderMark(t *testing.T) {
	t.Parallel()
	require.Equal(t, 1111, load(t, minimal(), write(t, "\ufeffSERVER_PORT=1111\r\nLOG_LEVEL=info\r\n")).ServerPort)
}

func TestLoad_BrokenDotenvNamesEveryBadLineAndKeepsTheOthers(t *testing.T) {
	t.Parallel()
	path := write(t, "# comment\nSERVER_PORT=1111\nno setting\nLOG_LEVEL=debug\nWEBHOOK_AUTH_KEY=\"open\n")
	cfg, _, err := config.Load(minimal(), path)
	require.EqualError(t, err, ".env: line 3 is not of the form NAME=value, or has a quote that is not closed\n"+
		".env: line 5 is not of the form NAME=value, or has a quote that is not closed")
	require.Equal(t, 1111, cfg.ServerPort)
	require.Equal(t, "debug", cfg.LogLevel)
}

func TestLoad_WarnsOfMisspeltNamesInDotenv(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ dotenv, warning string }{
		"two letters changed places": {"SERVER_PROT=1", ".env sets SERVER_PROT, which is not a setting; did you mean SERVER_PORT?"},
		"lower case":                 {"redis_host=r", ".env sets redis_host, which is not a setting; did you mean REDIS_HOST?"},
		"URI for URL":                {"WEBHOOK_URI=x", ".env sets WEBHOOK_URI, which is not a setting; did you mean WEBHOOK_URL?"},
		"somebody else's":            {"COMPOSE_PROJECT_NAME=x", ".env sets COMPOSE_PROJECT_NAME, which is not a setting"},
		"the rest of a secret":       {"c2VjcmV0Cg==", ".env has a line whose name is not a setting"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, warnings, err := config.Load(minimal(), write(t, test.dotenv))
			require.NoError(t, err)
			require.Equal(t, []string{test.warning}, warnings)
		})
	}
}

func TestLoad_WarnsOfADollarThatDotenvSwallows(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		line  string
		warns bool
		key   string
	}{
		"swallowed":           {`REDIS_PASSWORD=pa$5WORD`, true, "pa"},
		"swallowed in quotes": {`REDIS_PASSWORD="pa${X}ss"`, true, "pass"},
		"in single quotes":    {`REDIS_PASSWORD='pa$5WORD'`, false, "pa$5WORD"},
		"escaped":             {`REDIS_PASSWORD=pa\$5WORD`, false, "pa$5WORD"},
		"no reference":        {`REDIS_PASSWORD=pa$`, false, "pa$"},
		"resolved":            {"LOG_LEVEL=info\nREDIS_PASSWORD=${LOG_LEVEL}", false, "info"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, warnings, err := config.Load(minimal(), write(t, test.line))
			require.NoError(t, err)
			require.Equal(t, test.key, cfg.RedisPassword.Reveal())
			if test.warns {
				require.Len(t, warnings, 1)
				require.Contains(t, warnings[0], "REDIS_PASSWORD in .env has a $")
			} else {
				require.Empty(t, warnings)
			}
		})
	}
}
