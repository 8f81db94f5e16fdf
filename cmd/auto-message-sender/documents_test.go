package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Commands that a person copies from a document have to be there, with their flags.
func TestDocuments_NameOnlyCommandsAndFlagsThatThereAre(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		"README.md", "docs/operations.md", "deploy/kubernetes/kustomization.yaml", "deploy/systemd/auto-message-sender.service",
	} {
		text, err := os.ReadFile("../../" + document) //nolint:gosec // one of the names above
		require.NoError(t, err)
		lines := commandLines(string(text))
		require.NotEmpty(t, lines, document)
		for _, line := range lines {
			root := newRootCommand(process{})
			root.InitDefaultCompletionCmd()
			command, rest, err := root.Find(line)
			require.NoError(t, err, "%s: %v", document, line)
			require.False(t, command == root && len(rest) > 0 && !strings.HasPrefix(rest[0], "-"), "%s: %v", document, line)
			require.NoError(t, command.ParseFlags(rest), "%s: %v", document, line)
		}
	}
}

// commandLines returns the arguments of every command of ours that a text tells to run:
// in code within a line, or at the start of a line.
func commandLines(text string) [][]string {
	started := regexp.MustCompile("(?m)(?:`|^[# $(a-z0-9*;]*?|ExecStart=/usr/local/bin/)auto-message-sender ([a-z][^`\n#|>&)]*)")
	quoted := regexp.MustCompile(`'[^']*'|\S+`)
	var all [][]string
	for _, found := range started.FindAllStringSubmatch(text, -1) {
		var args []string
		for _, arg := range quoted.FindAllString(strings.TrimRight(found[1], "` "), -1) {
			args = append(args, strings.Trim(arg, "'"))
		}
		all = append(all, args)
	}
	return all
}
