package browsertest_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// run runs a command that the page offers for copying, as its reader does.
func run(t *testing.T, command string, environment []string) {
	t.Helper()
	for _, name := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("NOT TESTED: there is no %s to run what the page offers for copying", name)
		}
	}
	shell := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", command) //nolint:gosec // the page's own
	shell.Env = append(os.Environ(), environment...)
	output, err := shell.CombinedOutput()
	require.NoError(t, err, "%s\n%s", command, output)
}
