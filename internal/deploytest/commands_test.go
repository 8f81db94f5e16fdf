package deploytest_test

import (
	"io/fs"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// documents are the files that tell people and machines which commands to run.
func documents() []string {
	return []string{"README.md", "CONTRIBUTING.md", operationsPage, ".ci/run", ".github/workflows/ci.yml", "Makefile"}
}

func TestDocuments_NameOnlyTargetsOfTheMakefile(t *testing.T) {
	t.Parallel()
	targets := make(map[string]bool)
	for _, found := range regexp.MustCompile(`(?m)^([a-z][a-z-]*):`).FindAllStringSubmatch(readFile(t, "Makefile"), -1) {
		targets[found[1]] = true
	}
	require.Contains(t, targets, "test")
	// In the text as code, or at the start of a command.
	command := regexp.MustCompile("(?m)(?:`|^[ $]*|run: )make ([a-z][a-z-]*)")

	for _, document := range documents() {
		for _, found := range command.FindAllStringSubmatch(readFile(t, document), -1) {
			require.Contains(t, targets, found[1], "%s tells to run make %s", document, found[1])
		}
	}
}

func TestMakefile_DocumentsEveryTarget(t *testing.T) {
	t.Parallel()
	makefile := readFile(t, "Makefile")

	for _, name := range []string{
		"help", "build", "run", "demo", "test", "race", "integration", "bench", "fuzz", "lint", "docs",
	} {
		require.Regexp(t, `(?m)^`+name+`:.* ## \S`, makefile)
	}
}

func TestDocuments_NameOnlyScriptsThatExistAndCanBeRun(t *testing.T) {
	t.Parallel()
	script := regexp.MustCompile(`(?:^|[\s(\x60])((?:scripts|\.ci)/[a-z-]+(?:\.sh)?)\b`)

	seen := 0
	for _, document := range documents() {
		for _, found := range script.FindAllStringSubmatch(readFile(t, document), -1) {
			info, err := fs.Stat(root(), found[1])
			require.NoError(t, err, "%s names %s", document, found[1])
			require.NotZero(t, info.Mode()&0o100, "%s is not executable", found[1])
			seen++
		}
	}
	require.NotZero(t, seen)
}
