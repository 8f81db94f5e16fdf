package deploytest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// workflow is the part of .github/workflows/ci.yml that the tests look at.
type workflow struct {
	Permissions map[string]string `yaml:"permissions"`
	Env         map[string]string `yaml:"env"`
	Jobs        map[string]struct {
		Env   map[string]string `yaml:"env"`
		Steps []struct {
			Run  string            `yaml:"run"`
			With map[string]string `yaml:"with"`
		} `yaml:"steps"`
	} `yaml:"jobs"`
}

func readWorkflow(t *testing.T) workflow {
	t.Helper()
	var file workflow
	readYAML(t, ".github/workflows/ci.yml", &file)
	require.NotEmpty(t, file.Jobs)
	return file
}

func TestWorkflow_UsesTheGoVersionOfTheModule(t *testing.T) {
	t.Parallel()
	file := readWorkflow(t)

	require.Equal(t, goVersion(t), file.Env["GO_VERSION"])
	for name, job := range file.Jobs {
		for _, step := range job.Steps {
			if version, set := step.With["go-version"]; set {
				require.Equal(t, "${{ env.GO_VERSION }}", version, name)
			}
		}
	}
}

func TestWorkflow_RunsTheChecksOfCI(t *testing.T) {
	t.Parallel()
	file := readWorkflow(t)

	var commands []string
	for _, step := range file.Jobs["check"].Steps {
		commands = append(commands, step.Run)
	}

	require.Subset(t, commands, []string{"make lint", "scripts/check-docs.sh", "make test"})
	require.NotEmpty(t, file.Jobs["check"].Env["MONGODB_TEST_URI"], "the real MongoDB is not used")
	require.Equal(t, map[string]string{"contents": "read"}, file.Permissions)
}
