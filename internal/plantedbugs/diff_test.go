package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const header = "Fault: two becomes three\nPromise: R0\nCaught by: ./numbers TestTwo/is_two\n\n"

func TestParse_ReadsHeaderAndHunks(t *testing.T) {
	t.Parallel()
	one, err := parse("01-two", header+"--- a/numbers.txt\n+++ b/numbers.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+three\n\n")
	require.NoError(t, err)
	require.Equal(t, bug{
		name: "01-two", fault: "two becomes three", promise: "R0",
		target: target{"./numbers", "TestTwo/is_two", usualLimit},
		patches: []patch{{"numbers.txt", []hunk{{
			before: []string{"one", "two", ""}, after: []string{"one", "three", ""},
		}}}},
	}, one)
	require.Equal(t, "^TestTwo$/^is_two$", one.target.pattern())
}

func TestParse_RefusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	const diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
	for name, text := range map[string]string{
		"no header":          diff,
		"no test":            "Fault: f\nPromise: p\nCaught by: ./x\n\n" + diff,
		"a wrong limit":      header[:len(header)-1] + "Limit: soon\n\n" + diff,
		"no diff":            header,
		"another name":       header + "--- a/x\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n",
		"a file that is new": header + "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+b\n",
		"no place":           header + "--- a/x\n+++ b/x\n-a\n+b\n",
		"no line of a diff":  header + "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n*b\n",
	} {
		_, err := parse("01-x", text)
		require.Error(t, err, name)
	}
}

func TestApply_ChangesTheOnePlaceWhereverItHasMoved(t *testing.T) {
	t.Parallel()
	two := patch{"x", []hunk{{[]string{"one", "two"}, []string{"one", "three"}}}}
	for content, want := range map[string]string{
		"one\ntwo\n":               "one\nthree\n",
		"new\nzero\none\ntwo\nend": "new\nzero\none\nthree\nend",
	} {
		got, err := two.apply(content)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, content := range []string{"", "one\n\ntwo\n", "one\ntwo\none\ntwo\n", "one\ntwo three"} {
		_, err := two.apply(content)
		require.Error(t, err, content)
	}
	_, err := patch{"x", []hunk{{[]string{"one"}, []string{"one"}}}}.apply("one")
	require.ErrorContains(t, err, "changes nothing")
}
