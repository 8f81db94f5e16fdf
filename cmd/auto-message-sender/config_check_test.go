package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

func TestConfigCheck_ShowsEverySettingAndItsSource(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(secret, []byte("the key\n"), 0o600))
	term := setup(t, map[string]string{"WEBHOOK_URL": "http://127.0.0.1:9090/hook", "WEBHOOK_AUTH_KEY_FILE": secret})
	term.writeDotenv(t, "SERVER_PORT=9000\nREDIS_PASSWORD=p\n")

	require.Equal(t, exitDone, term.run(t, "config", "check"))
	require.Empty(t, term.stderr.String())
	shown := term.stdout.String()
	for _, setting := range config.Describe() {
		require.Regexp(t, `(?m)^`+setting.Name+`=`, shown)
	}
	require.Equal(t, len(config.Describe()), strings.Count(shown, "\n"))
	require.Regexp(t, `(?m)^WEBHOOK_URL=http://127\.0\.0\.1:9090/hook +# environment$`, shown)
	require.Regexp(t, `(?m)^SERVER_PORT=9000 +# \.env$`, shown)
	require.Regexp(t, `(?m)^SERVER_HOST=127\.0\.0\.1 +# default$`, shown)
	require.Regexp(t, `(?m)^WEBHOOK_AUTH_KEY=\*\*\* +# file$`, shown)
	require.Regexp(t, `(?m)^REDIS_PASSWORD=\*\*\* +# \.env$`, shown)
	require.Regexp(t, `(?m)^MONGODB_URI= +# default$`, shown)
}

func TestConfigCheck_ShowsEveryProblemAndExitsWithTwo(t *testing.T) {
	t.Parallel()
	term := setup(t, map[string]string{"SERVER_PORT": "no", "MAX_IN_FLIGHT": "0"})
	term.writeDotenv(t, "SERVER_PROT=1\n")
	require.Equal(t, exitConfiguration, term.run(t, "config", "check"))
	require.Regexp(t, `^warning: [^\n]*SERVER_PROT[^\n]*\nerror: SERVER_PORT: [^\n]*\nerror: WEBHOOK_URL: [^\n]*\nerror: MAX_IN_FLIGHT: [^\n]*\n$`,
		term.stderr.String())
	require.Regexp(t, `(?m)^SERVER_PORT=no +# environment$`, term.stdout.String())
}

func TestConfigCheck_ShowsNoSecret(t *testing.T) {
	t.Parallel()
	const canary = "CaNaRy0123456789"
	right := map[string]string{
		"WEBHOOK_URL": "https://u:" + canary + "@h/?t=" + canary, "WEBHOOK_AUTH_KEY": canary,
		"MONGODB_URI": "mongodb://u:" + canary + "@h", "REDIS_PASSWORD": canary, "API_KEYS": "ops:operator:" + canary,
	}
	wrong := map[string]string{
		"WEBHOOK_URL": "u:" + canary + "@h", "WEBHOOK_AUTH_KEY": canary + "\x00", "REDIS_HOST": "redis://u:" + canary + "@h",
		"MONGODB_URI": canary, "REDIS_PASSWORD_FILE": canary, "API_KEYS": canary, "SERVER_PORT": canary + "@",
	}
	for _, environ := range []map[string]string{right, wrong} {
		for _, command := range []string{"check", "serve"} {
			args := []string{"config", "check"}
			if command == "serve" {
				args = []string{"serve"}
				environ["LOG_LEVEL"] = "loud" // so that it does not start
			}
			term := setup(t, environ)
			term.run(t, args...)
			require.NotContains(t, term.stdout.String()+term.stderr.String(), canary)
		}
	}
}

// brokenPipe is a terminal that is gone.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestConfigCheck_FailsWhenItCannotWrite(t *testing.T) {
	t.Parallel()
	term := setup(t, map[string]string{"WEBHOOK_URL": "http://127.0.0.1:9090"})
	term.process.stdout = brokenPipe{}
	require.Equal(t, exitFailed, term.run(t, "config", "check"))
	require.Contains(t, term.stderr.String(), "broken pipe")
}
