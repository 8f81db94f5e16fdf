package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build tells one program from another.
type build struct {
	Version  string `json:"version"` // as it was stamped, or of the module; "dev" if neither is known
	Commit   string `json:"commit"`  // with "-dirty" where files had changed; "unknown" if it is not known
	Go       string `json:"go_version"`
	Platform string `json:"platform"` // operating system and architecture
}

// currentBuild returns what was stamped into this program, and for the rest what
// the Go toolchain put there itself.
func currentBuild(version, commit string) build {
	info, _ := debug.ReadBuildInfo()
	return newBuild(version, commit, info)
}

// newBuild takes a nil info for one that knows nothing.
func newBuild(version, commit string, info *debug.BuildInfo) build {
	if info == nil {
		info = &debug.BuildInfo{}
	}
	if version == "" && info.Main.Version != "(devel)" {
		version = info.Main.Version
	}
	if commit == "" {
		commit = revision(info.Settings)
	}
	return build{
		Version:  cmp.Or(version, "dev"),
		Commit:   cmp.Or(commit, "unknown"),
		Go:       runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
}

// revision returns what the toolchain noted of the version control.
func revision(settings []debug.BuildSetting) string {
	var commit, dirty string
	for _, setting := range settings {
		switch {
		case setting.Key == "vcs.revision":
			commit = setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			dirty = "-dirty"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + dirty
}

func newVersionCommand(p process) *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "version",
		Short: "Show the version, the commit, and what it was built with and for",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return json.NewEncoder(p.stdout).Encode(p.build)
			}
			_, err := fmt.Fprintf(p.stdout, "auto-message-sender %s\ncommit   %s\ngo       %s\nplatform %s\n",
				p.build.Version, p.build.Commit, p.build.Go, p.build.Platform)
			return err //nolint:wrapcheck // only writing can fail
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "as one JSON object")
	return command
}
