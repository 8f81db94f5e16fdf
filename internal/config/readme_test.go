package config_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/config"
)

// update is set by `make docs`.
var update = flag.Bool("update", false, "rewrite the README's table of settings") //nolint:gochecknoglobals // a flag of go test

func TestReadme_HasTheTableOfSettings(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- settings:begin -->\n", "<!-- settings:end -->"
	path := filepath.Join("..", "..", "README.md")
	readme, err := os.ReadFile(path) //nolint:gosec // our own README
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(readme), begin)
	require.True(t, found)
	table, after, found := strings.Cut(rest, end)
	require.True(t, found)

	if *update {
		updated := before + begin + markdownTable() + end + after
		require.NoError(t, os.WriteFile(path, []byte(updated), 0o600)) //nolint:gosec // likewise
		return
	}
	require.Equal(t, markdownTable(), table, "run `make docs`")
}

// markdownTable returns the table of settings for people who read.
func markdownTable() string {
	var table strings.Builder
	table.WriteString("| variable | default | what it is |\n|---|---|---|\n")
	for _, setting := range config.Describe() {
		standard := setting.DefaultNote
		if setting.Default != "" {
			standard = "`" + setting.Default + "`"
		}
		_, _ = fmt.Fprintf(&table, "| `%s` | %s | %s |\n", setting.Name, standard, strings.ReplaceAll(setting.Meaning, "|", `\|`))
	}
	return table.String()
}
