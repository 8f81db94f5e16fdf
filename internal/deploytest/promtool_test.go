package deploytest_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// promtool runs Prometheus' own checker in the folder of the alerts. Without it the test
// is left out, except in CI, where nothing may be.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	program := optional(t, "promtool", "Debian: apt-get install prometheus", os.Getenv("CI") == "true")
	command := exec.CommandContext(t.Context(), program, args...) //nolint:gosec // the program is found by its name
	command.Dir = "../../deploy/prometheus"
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
}

// optional returns the path of a program. Where there is none it skips the test, or fails
// it if the program is required.
func optional(t *testing.T, program, from string, required bool) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	if required {
		require.FailNow(t, program+" is not installed ("+from+"), and CI=true: nothing may be left out")
	}
	t.Skip("LEFT OUT: " + program + " is not installed (" + from + ")")
	return ""
}

func TestPromtool_TakesTheRulesAndTheConfiguration(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "rules", "alerts.yml")
	promtool(t, "check", "config", "prometheus.yml")
}

func TestPromtool_SeesEveryAlertFireAndBeQuiet(t *testing.T) {
	t.Parallel()
	promtool(t, append([]string{"test", "rules"}, alertTests()...)...)
}
