package deploytest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

const unitFile = "deploy/systemd/auto-message-sender.service"

// unit returns the values of a unit file's directives, in order; a line that is neither a
// directive, a section nor a comment fails the test.
func unit(t *testing.T) map[string][]string {
	t.Helper()
	directives := make(map[string][]string)
	for line := range strings.Lines(readFile(t, unitFile)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "[") {
			continue
		}
		name, value, assigned := strings.Cut(line, "=")
		require.True(t, assigned, line)
		directives[name] = append(directives[name], value)
	}
	return directives
}

// unitEnvironment returns the variables that the unit sets.
func unitEnvironment(t *testing.T) map[string]string {
	t.Helper()
	variables := make(map[string]string)
	for _, pair := range unit(t)["Environment"] {
		name, value, _ := strings.Cut(pair, "=")
		variables[name] = value
	}
	return variables
}

func TestUnit_HandsSecretsOverAsFilesOnly(t *testing.T) {
	t.Parallel()
	variables := unitEnvironment(t)
	credentials := unit(t)["LoadCredential"]
	require.NotEmpty(t, credentials)
	for _, credential := range credentials {
		name, source, _ := strings.Cut(credential, ":")
		require.Equal(t, "/etc/auto-message-sender/"+name, source)
		variable := strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_FILE"
		require.Equal(t, "%d/"+name, variables[variable])
	}
	for _, setting := range config.Describe() {
		if setting.Secret {
			require.NotContains(t, variables, setting.Name)
		}
	}
}

func TestUnit_LeavesTimeToDrainAndComesBack(t *testing.T) {
	t.Parallel()
	read := unit(t)
	limit, err := time.ParseDuration(read["TimeoutStopSec"][0])
	require.NoError(t, err)
	settings, _, err := config.Load(map[string]string{"WEBHOOK_URL": "https://sms.example.com/send"}, "")
	require.NoError(t, err)
	require.GreaterOrEqual(t, limit, settings.Grace()+10*time.Second)

	require.Equal(t, []string{"always"}, read["Restart"])
	// A panic of Go ends with 2, as a wrong configuration does.
	require.NotContains(t, read, "RestartPreventExitStatus")
	require.Equal(t, []string{"network-online.target"}, read["After"])
	require.Equal(t, []string{"/usr/local/bin/auto-message-sender serve"}, read["ExecStart"])
}

func TestUnit_WritesNowhereButToItsState(t *testing.T) {
	t.Parallel()
	read := unit(t)
	for name, want := range map[string]string{
		"DynamicUser": "yes", "StateDirectory": "auto-message-sender", "ProtectSystem": "strict", "ProtectHome": "yes",
		"NoNewPrivileges": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes", "CapabilityBoundingSet": "",
		"MemoryDenyWriteExecute": "yes", "SystemCallArchitectures": "native", "UMask": "0077",
	} {
		require.Equal(t, []string{want}, read[name], name)
	}
	require.Equal(t, "%S/"+read["StateDirectory"][0], unitEnvironment(t)["DATA_DIR"])
}

// systemd-analyze wants the program to be there, so it gets another one to look at.
func TestUnit_IsWhatSystemdUnderstands(t *testing.T) {
	t.Parallel()
	analyze := optional(t, "systemd-analyze", "Debian: apt-get install systemd", false)
	self, err := os.Executable()
	require.NoError(t, err)
	text := strings.Replace(readFile(t, unitFile), "/usr/local/bin/auto-message-sender", self, 1)
	copied := filepath.Join(t.TempDir(), filepath.Base(unitFile))
	require.NoError(t, os.WriteFile(copied, []byte(text), 0o600))

	for _, args := range [][]string{
		{"verify", copied},
		// Tenths: 0 is a service that may do nothing, 96 one without any limit.
		{"security", "--offline=true", "--threshold=20", "--no-pager", copied},
	} {
		output, err := exec.CommandContext(t.Context(), analyze, args...).CombinedOutput() //nolint:gosec // found by its name
		require.NoError(t, err, "%s", output)
		if args[0] == "verify" {
			require.Empty(t, string(output), "a warning")
		}
	}
}
