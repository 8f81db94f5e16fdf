package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"auto-message-sender/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// minimal is the least that can be served with.
func minimal() map[string]string {
	return map[string]string{"WEBHOOK_URL": "https://sms.example.com/send"}
}

// with returns the minimal environment with more settings, given as name, value,
// name, value.
func with(pairs ...string) map[string]string {
	environ := minimal()
	for i := 0; i+1 < len(pairs); i += 2 {
		environ[pairs[i]] = pairs[i+1]
	}
	return environ
}

// write makes a file and returns its path.
func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// load demands that the settings are right and nothing is warned of.
func load(t *testing.T, environ map[string]string, dotenv string) config.Config {
	t.Helper()
	cfg, warnings, err := config.Load(environ, dotenv)
	require.NoError(t, err)
	require.Empty(t, warnings)
	return cfg
}

// problems demands that the settings are refused, and returns why.
func problems(t *testing.T, environ map[string]string, dotenv string) []config.Problem {
	t.Helper()
	_, _, err := config.Load(environ, dotenv)
	var refused *config.Error
	require.ErrorAs(t, err, &refused)
	require.NotEmpty(t, refused.Problems)
	return refused.Problems
}

// source returns where a setting's value came from, and the value as shown.
func source(t *testing.T, cfg config.Config, name string) (config.Source, string) {
	t.Helper()
	for _, value := range cfg.Effective() {
		if value.Name == name {
			return value.Source, value.Text
		}
	}
	require.Failf(t, "not in the table", "%s", name)
	return "", ""
}
