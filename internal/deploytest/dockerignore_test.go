package deploytest_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ignoreFile holds the patterns of a .dockerignore, in order.
type ignoreFile []string

func parseIgnoreFile(text string) ignoreFile {
	var patterns ignoreFile
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			patterns = append(patterns, line)
		}
	}
	return patterns
}

// matches reports whether a file is kept out of the build: the last pattern that
// matches it, or a folder above it, decides. Of Docker's patterns it understands
// those of path.Match, a leading "**/" and a leading "!".
func (f ignoreFile) matches(file string) bool {
	for _, pattern := range slices.Backward(f) {
		name, exception := strings.CutPrefix(pattern, "!")
		if matchesOrParent(name, file) {
			return !exception
		}
	}
	return false
}

func matchesOrParent(pattern, file string) bool {
	anywhere, deep := strings.CutPrefix(pattern, "**/")
	for at := file; at != "."; at = path.Dir(at) {
		name, wanted := at, pattern
		if deep {
			name, wanted = path.Base(at), anywhere
		}
		if ok, err := path.Match(wanted, name); err == nil && ok {
			return true
		}
	}
	return false
}

func TestIgnoreFile_DecidesByTheLastPatternThatMatches(t *testing.T) {
	t.Parallel()
	ignored := parseIgnoreFile("# all but\n*\n!cmd\n**/.env\ncmd/old\n")

	for file, want := range map[string]bool{
		"go.mod":         true,
		"data/store.db":  true,
		"cmd":            false,
		"cmd/a/main.go":  false,
		"cmd/a/.env":     true,
		"cmd/old/a/b.go": true,
	} {
		require.Equal(t, want, ignored.matches(file), file)
	}
}

func TestDockerignore_KeepsSecretsDataAndBuildOutputOut(t *testing.T) {
	t.Parallel()
	ignored := parseIgnoreFile(readFile(t, ".dockerignore"))

	for _, file := range []string{
		".env", ".env.local", "env.prod", "cmd/auto-message-sender/.env", "internal/config/.env.staging",
		"internal/webhook/testdata/tls.key", "pkg/mongodb/client.pem",
		"data/messages.db", "data/messages.db-wal", "internal/messages.db", "internal/messages.db-wal",
		"bin/auto-message-sender", "bin/golangci-lint", "cmd/auto-message-sender/auto-message-sender.test",
		".git/config", ".github/workflows/ci.yml", "tools/go.mod", "node_modules/x",
	} {
		require.True(t, ignored.matches(file), "%s reaches the build", file)
	}
}
