package main

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the module's root, which is two folders above this package.
func root() fs.FS { return os.DirFS("../..") }

func allBugs(t *testing.T) []bug {
	t.Helper()
	bugs, err := readBugs(os.DirFS("patches"))
	require.NoError(t, err)
	return bugs
}

func TestPatches_EachStillApplies(t *testing.T) {
	t.Parallel()
	for _, one := range allBugs(t) {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			for _, patch := range one.patches {
				content, err := fs.ReadFile(root(), patch.path)
				require.NoError(t, err)
				_, err = patch.apply(string(content))
				require.NoError(t, err, "bring the patch up to date with the code, and see by make planted-bugs that it is still caught")
			}
		})
	}
}

// A fault is a slip and no rewriting, and it is in the code and not in a test.
func TestPatches_AreSmallAndInTheCode(t *testing.T) {
	t.Parallel()
	for _, one := range allBugs(t) {
		lines := 0
		for _, patch := range one.patches {
			require.NotContains(t, patch.path, "_test.go", one.name)
			for _, h := range patch.hunks {
				lines += len(added(h.before, h.after))
			}
		}
		require.LessOrEqual(t, lines, 6, one.name)
	}
}

// added returns the lines of after that are not among those before.
func added(before, after []string) []string {
	var lines []string
	for _, line := range after {
		if !strings.Contains("\n"+strings.Join(before, "\n")+"\n", "\n"+line+"\n") {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestPatches_AreNumberedInTheirOrder(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, one := range allBugs(t) {
		require.Regexp(t, `^\d\d-[a-z0-9-]+$`, one.name)
		number, _, _ := strings.Cut(one.name, "-")
		require.Empty(t, seen[number], "%s has the same number", one.name)
		seen[number] = one.name
	}
}

func TestPatches_NameTestsThatExist(t *testing.T) {
	t.Parallel()
	for _, one := range allBugs(t) {
		files, err := fs.Glob(root(), path.Join(one.target.pkg, "*_test.go"))
		require.NoError(t, err)
		top, _, _ := strings.Cut(one.target.test, "/")
		declared := regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(top) + `\(t \*testing\.T\) \{$`)
		found := false
		for _, file := range files {
			content, err := fs.ReadFile(root(), file)
			require.NoError(t, err)
			found = found || declared.Match(content)
		}
		require.True(t, found, "%s names %s, which is not in %s", one.name, top, one.target.pkg)
	}
}

func TestPage_ListsExactlyThePatches(t *testing.T) {
	t.Parallel()
	content, err := fs.ReadFile(root(), pagePath)
	require.NoError(t, err)
	table, found := strings.CutPrefix(string(content), preface)
	require.True(t, found, "the page is written by make planted-bugs PLANTED=-write")
	rows := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	bugs := allBugs(t)
	require.Len(t, rows, len(bugs))
	for i, one := range bugs {
		rest, found := strings.CutPrefix(rows[i], one.row())
		require.True(t, found, "%s has another row: %s", one.name, rows[i])
		// The test that is named, or one inside it.
		caught := regexp.MustCompile("^ `" + regexp.QuoteMeta(one.target.test) + "(/[^`]*)?` in `" + regexp.QuoteMeta(one.target.pkg) + "` \\| \\d+\\.\\d \\|$")
		require.Regexp(t, caught, rest, one.name)
	}
}
