package deploytest_test

import (
	"io/fs"
	"os"
	"regexp"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

// root returns the module's root, which is two folders above this package.
func root() fs.FS { return os.DirFS("../..") }

// readFile returns the text of a file, by its path from the root.
func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := fs.ReadFile(root(), path)
	require.NoError(t, err)
	return string(text)
}

// readYAML decodes a file into a value whose fields name what we look at; the
// rest of the file is somebody else's to check.
func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	require.NoError(t, yaml.Unmarshal([]byte(readFile(t, path)), into))
}

// goVersion returns the language version of go.mod without its patch release,
// such as "1.26": what tags of images and actions are named after.
func goVersion(t *testing.T) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(readFile(t, "go.mod"))
	require.NotNil(t, found, "go.mod has no go line")
	return found[1]
}
