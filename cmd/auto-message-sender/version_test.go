package main

import (
	"encoding/json"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVersion_ShowsTheBuild(t *testing.T) {
	t.Parallel()
	term := setup(t, nil)
	require.Equal(t, exitDone, term.run(t, "version"))
	require.Equal(t, "auto-message-sender v1.2.3\ncommit   0123abc\ngo       go1.26.0\nplatform linux/amd64\n", term.stdout.String())

	term = setup(t, nil)
	require.Equal(t, exitDone, term.run(t, "--version"))
	require.Contains(t, term.stdout.String(), "v1.2.3")
}

func TestVersion_AsJSON(t *testing.T) {
	t.Parallel()
	term := setup(t, nil)
	require.Equal(t, exitDone, term.run(t, "version", "--json"))
	var shown map[string]string
	require.NoError(t, json.Unmarshal([]byte(term.stdout.String()), &shown))
	require.Equal(t, map[string]string{
		"version": "v1.2.3", "commit": "0123abc", "go_version": "go1.26.0", "platform": "linux/amd64",
	}, shown)
}

func TestNewBuild_StampedFirstThenWhatTheToolchainKnows(t *testing.T) {
	t.Parallel()
	revision := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "feed"}, {Key: "vcs.modified", Value: modified}}
	}
	tests := map[string]struct {
		version, commit string // stamped
		info            *debug.BuildInfo
		wantVersion     string
		wantCommit      string
	}{
		"stamped":               {"v1", "c0", &debug.BuildInfo{Main: debug.Module{Version: "v2"}, Settings: revision("true")}, "v1", "c0"},
		"installed as a module": {"", "", &debug.BuildInfo{Main: debug.Module{Version: "v2"}}, "v2", "unknown"},
		"built in a clone":      {"", "", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: revision("false")}, "dev", "feed"},
		"with changes":          {"", "", &debug.BuildInfo{Settings: revision("true")}, "dev", "feed-dirty"},
		"modified, no revision": {"", "", &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.modified", Value: "true"}}}, "dev", "unknown"},
		"nothing known":         {"", "", nil, "dev", "unknown"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newBuild(test.version, test.commit, test.info)
			require.Equal(t, build{
				Version: test.wantVersion, Commit: test.wantCommit, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
			}, got)
		})
	}
}

func TestCurrentBuild_TellsOfThisProgram(t *testing.T) {
	t.Parallel()
	require.Equal(t, runtime.Version(), currentBuild("v1", "c0").Go)
}
