package deploytest_test

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDecisions_AreNumberedOnceAndAllInTheIndex(t *testing.T) {
	t.Parallel()
	index := readFile(t, "docs/decisions/README.md")
	pages, err := fs.Glob(root(), "docs/decisions/[0-9]*.md")
	require.NoError(t, err)
	require.NotEmpty(t, pages)

	seen := make(map[string]string)
	for _, page := range pages {
		name := path.Base(page)
		number, _, _ := strings.Cut(name, "-")
		require.Empty(t, seen[number], "%s has the same number", name)
		seen[number] = name

		require.Contains(t, index, "("+name+")")
		require.Regexp(t, `(?m)^Status: (proposed|accepted|replaced by)`, readFile(t, page), name)
	}
}
