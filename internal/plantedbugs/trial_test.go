package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestJudge_OnlyATestThatFailsHasCaughtAnything(t *testing.T) {
	t.Parallel()
	const started = `{"Time":"2026-01-05T10:00:00Z","Action":"start"}` + "\n"
	for name, tt := range map[string]struct {
		events string
		want   outcome
	}{
		"the test passes":          {started + `{"Action":"pass","Test":"TestA/b"}` + "\n" + `{"Action":"pass","Test":"TestA"}`, outcome{verdict: passed}},
		"it passes in part":        {started + `{"Action":"pass","Test":"TestA/b"}`, outcome{verdict: undecided}},
		"it is skipped":            {started + `{"Action":"skip","Test":"TestA"}` + "\n" + `{"Action":"pass"}`, outcome{verdict: undecided}},
		"there is none":            {started + `{"Action":"pass"}`, outcome{verdict: undecided}},
		"something else fails":     {started + `{"Action":"fail"}`, outcome{verdict: undecided}},
		"nothing at all":           {"", outcome{verdict: undecided}},
		"it does not build":        {`{"ImportPath":"x","Action":"build-fail"}` + "\n" + started + `{"Action":"fail","FailedBuild":"x"}`, outcome{verdict: unbuilt}},
		"the test fails":           {started + `{"Time":"2026-01-05T10:00:01.5Z","Action":"fail","Test":"TestA"}`, outcome{failed, "TestA", 1500 * time.Millisecond, ""}},
		"a test inside it fails":   {started + `{"Time":"2026-01-05T10:00:02Z","Action":"fail","Test":"TestA/b"}` + "\n" + `{"Time":"2026-01-05T10:00:03Z","Action":"fail","Test":"TestA"}`, outcome{failed, "TestA/b", 2 * time.Second, ""}},
		"its time is over":         {started + `{"Action":"output","Test":"TestA","Output":"panic: test timed out after 1s\n"}` + "\n" + `{"Time":"2026-01-05T10:00:01Z","Action":"fail"}`, outcome{failed, "TestA", time.Second, "panic: test timed out after 1s\n"}},
		"go itself says something": {"no such package\n", outcome{undecided, "", 0, "no such package\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, judge(strings.NewReader(tt.events), "TestA"))
		})
	}
}

// module returns a copy of a module of one package, whose only number is two.
func module(t *testing.T) tree {
	t.Helper()
	source := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":               "module numbers\n\ngo 1.26\n",
		"numbers/two.go":       "package numbers\n\nfunc two() int {\n\treturn 2\n}\n",
		"numbers/two_test.go":  "package numbers\n\nimport \"testing\"\n\nfunc TestTwo(t *testing.T) {\n\tif two() != 2 {\n\t\tt.Fatal(two())\n\t}\n}\n",
		".git/config":          "secret",
		".env":                 "secret",
		"bin/numbers":          "built",
		"numbers/bin/kept.txt": "kept",
	} {
		path := filepath.Join(source, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	copied, err := copyTree(source, filepath.Join(t.TempDir(), "copy"))
	require.NoError(t, err)
	return copied
}

func TestCopyTree_TakesTheSourceAndNothingElse(t *testing.T) {
	t.Parallel()
	copied := module(t)
	for _, path := range []string{".git", ".env", "bin/numbers"} {
		require.NoFileExists(t, filepath.Join(copied.dir, path))
		require.NoDirExists(t, filepath.Join(copied.dir, path))
	}
	require.FileExists(t, filepath.Join(copied.dir, "numbers/bin/kept.txt"))
}

// two returns a fault that makes another line of two.
func two(name, instead string) bug {
	return bug{
		name: name, fault: "f", promise: "p", target: target{"./numbers", "TestTwo", time.Minute},
		patches: []patch{{"numbers/two.go", []hunk{{[]string{"\treturn 2"}, []string{instead}}}}},
	}
}

func TestTrial_TellsCaughtFromSurvivedFromWhatProvesNothing(t *testing.T) {
	t.Parallel()
	copied := module(t)
	var out strings.Builder
	trial := trial{tree: copied, test: copied.goTest, out: &out}
	unknown := two("05-unknown", "\treturn 3")
	unknown.patches[0].hunks[0].before = []string{"\treturn 7"}
	bugs := []bug{
		two("01-three", "\treturn 3"), two("02-also-two", "\treturn 1 + 1"), two("03-unbuildable", "\treturn three"),
		two("04-three-again", "\treturn 3"), unknown,
	}
	require.NoError(t, trial.healthy(t.Context(), bugs))
	results, err := trial.all(t.Context(), bugs)
	require.EqualError(t, err, "3 of 5 faults were not caught")
	require.Equal(t, 1, strings.Count(out.String(), "without a fault: "), "the same test needs no second look")
	require.Contains(t, results[0].line(), "caught by TestTwo in ./numbers (")
	require.Equal(t, "SURVIVED TestTwo", results[1].line())
	require.Equal(t, "does not build", results[2].line())
	require.True(t, results[3].caught, "each fault is taken out again")
	require.Contains(t, results[4].line(), "does not apply: ")
	content, err := os.ReadFile(filepath.Join(copied.dir, "numbers/two.go"))
	require.NoError(t, err)
	require.Contains(t, string(content), "\treturn 2\n")
}

func TestTrial_ATreeThatIsNotInOrderProvesNothing(t *testing.T) {
	t.Parallel()
	for name, verdict := range map[string]verdict{"a test fails": failed, "it is skipped": undecided, "nothing builds": unbuilt} {
		var out strings.Builder
		trial := trial{out: &out, test: func(context.Context, target) (outcome, error) { return outcome{verdict: verdict}, nil }}
		require.Error(t, trial.healthy(t.Context(), []bug{two("01-three", "")}), name)
	}
}

func TestGoTest_ATestThatDoesNotEndIsCutOffAndHasFailed(t *testing.T) {
	t.Parallel()
	copied := module(t)
	hanging := two("01-hangs", "\tselect {}")
	remove, err := copied.plant(hanging)
	require.NoError(t, err)
	judged, err := copied.goTest(t.Context(), target{"./numbers", "TestTwo", time.Second})
	require.NoError(t, err)
	require.Equal(t, failed, judged.verdict, judged.output)
	require.Equal(t, "TestTwo", judged.test)
	require.NoError(t, remove())
}

func TestRun_RefusesWhatItCannotDo(t *testing.T) {
	t.Chdir("../..")
	for _, arguments := range [][]string{{"-only", "nothing"}, {"-only", "01", "-write"}, {"-unknown"}} {
		require.Error(t, run(t.Context(), arguments, &strings.Builder{}))
	}
}
