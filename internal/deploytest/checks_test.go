package deploytest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// No check of the workflow may fail without anybody seeing it.
func TestWorkflow_NothingPassesSilently(t *testing.T) {
	t.Parallel()
	text := readFile(t, ".github/workflows/ci.yml")
	for _, way := range []string{"continue-on-error", "|| true", "|| :", "set +e", "-format json", "-json", "-format sarif"} {
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(strings.TrimSpace(line), "#") {
				require.NotContains(t, line, way)
			}
		}
	}
}

func TestWorkflow_LooksForKnownVulnerabilities(t *testing.T) {
	t.Parallel()
	var commands []string
	for _, step := range readWorkflow(t).Jobs["vulnerabilities"].Steps {
		commands = append(commands, step.Run)
	}
	require.Contains(t, strings.Join(commands, "\n"), "golang.org/x/vuln/cmd/govulncheck@latest -tags nomsgpack ./...")
}

func TestLint_LooksForWhatIsUnsafe(t *testing.T) {
	t.Parallel()
	var file struct {
		Linters struct {
			Enable   []string `yaml:"enable"`
			Settings struct {
				Staticcheck struct {
					Checks []string `yaml:"checks"`
				} `yaml:"staticcheck"`
				Gosec map[string]any `yaml:"gosec"`
			} `yaml:"settings"`
		} `yaml:"linters"`
	}
	readYAML(t, ".golangci.yml", &file)
	require.Subset(t, file.Linters.Enable, []string{"gosec", "staticcheck", "bodyclose", "noctx", "nolintlint"})
	require.Equal(t, []string{"all"}, file.Linters.Settings.Staticcheck.Checks)
	require.Empty(t, file.Linters.Settings.Gosec, "every rule of gosec holds")
}

// The last lines that CI prints are those of go test.
func TestCI_FuzzesBeforeItTests(t *testing.T) {
	t.Parallel()
	run := readFile(t, ".ci/run")
	lint, fuzz, test := strings.Index(run, "\nmake lint"), strings.Index(run, " fuzz\n"), strings.LastIndex(run, "\nexec make --no-print-directory test")
	require.Positive(t, lint)
	require.Greater(t, fuzz, lint)
	require.Greater(t, test, fuzz)
	require.NotContains(t, run, "|| true")
}
