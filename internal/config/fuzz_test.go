package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

// FuzzLoad gives one setting any text. Whatever it is, Load answers with the
// settings or with problems that name variables, each on one line and with no
// secret; and a rule never takes what cannot then be parsed.
func FuzzLoad(f *testing.F) {
	table := config.Describe()
	for _, seed := range []string{
		"", "8080", "2m", "-1", "0", "localhost", "0.0.0.0", "https://a.example/b?c=d", "mongodb://u:p@h/db",
		"100/1m", "ops:operator:0123456789abcdef", "a:reader:b,c", "on", "production", "x\r\ny", "\x00", "é", " ",
		"http://u:p@[::1]:1/", "10.0.0.0/8", "90d", "1d12h", "1d-1h", "106751d24h", "TR", "0123456789abcdef,fedcba9876543210", "9223372036854775808", "1e400s", "%zz", "${A}", "'",
	} {
		for row := range table {
			f.Add(uint8(row), seed)
		}
	}
	f.Fuzz(func(t *testing.T, row uint8, text string) {
		setting := table[int(row)%len(table)]
		if setting.Secret {
			text += canary
		}
		cfg, _, err := config.Load(with(setting.Name, text), "")
		if err == nil {
			require.Len(t, cfg.Effective(), len(table))
			return
		}
		var refused *config.Error
		require.ErrorAs(t, err, &refused)
		for _, problem := range refused.Problems {
			require.NotContains(t, problem.Fault, "cannot be read", "a rule took what cannot be parsed")
			require.NotContains(t, problem.String(), "\n")
			require.NotContains(t, problem.String(), canary)
		}
	})
}

// FuzzLoad_Dotenv reads a file of any bytes: no panic, and no line of a secret
// in what is said about it.
func FuzzLoad_Dotenv(f *testing.F) {
	const secret = "c4n4ry-c4n4ry-c4n4ry"
	for _, seed := range []string{
		"SERVER_PORT=%s", "REDIS_PASSWORD=\"%s", "%s", "WEBHOOK_AUTH_KEY=a\n%s==", "export A=%s\n", "\ufeffX=%s",
		"A='%s\n'", "API_KEYS=$%s", "WEBHOOK_URL=http://u:%s@h", "%s=1", "%s: 1", "LOG_LEVEL=info # %s", "REDIS_HOST=\\\"%s\\\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, template string) {
		content := strings.ReplaceAll(template, "%s", secret)
		path := filepath.Join(t.TempDir(), ".env")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, warnings, err := config.Load(nil, path)
		if err == nil { // a template that holds a right WEBHOOK_URL
			require.NotContains(t, fmt.Sprint(warnings), secret)
			return
		}
		var refused *config.Error
		require.ErrorAs(t, err, &refused)
		for _, problem := range refused.Problems {
			// Ports and words are repeated: nobody keeps a secret there.
			if strings.HasPrefix(problem.Name, ".env") || strings.HasPrefix(problem.Name, "WEBHOOK") {
				require.NotContains(t, problem.String(), secret)
			}
		}
		require.NotContains(t, fmt.Sprint(warnings), secret)
	})
}
