package metrics_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// update is set by `make docs`.
var update = flag.Bool("update", false, "rewrite the table in docs/metrics.md") //nolint:gochecknoglobals // a flag of go test

func TestDocumentation_ListsWhatCanBeScrapedAndNothingElse(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- metrics:begin -->\n", "<!-- metrics:end -->"
	path := filepath.Join("..", "..", "docs", "metrics.md")
	page, err := os.ReadFile(path) //nolint:gosec // our own page
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(page), begin)
	require.True(t, found)
	table, after, found := strings.Cut(rest, end)
	require.True(t, found)

	s := setup(t).look()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+markdownTable(s)+end+after), 0o600)) //nolint:gosec // likewise
		return
	}
	require.Equal(t, markdownTable(s), table, "run `make docs`")
}

// The list that the documentation is made from is what a scrape has.
func TestCatalogue_IsWhatAScrapeHas(t *testing.T) {
	t.Parallel()
	s := setup(t).look()
	everything(s)
	listed := map[string]bool{}
	found := s.scrape()
	for _, entry := range s.Catalogue() {
		listed[entry.Name] = true
		require.Contains(t, found, entry.Name)
		family := found[entry.Name]
		require.Equal(t, entry.Kind, strings.ToLower(family.GetType().String()), entry.Name)
		require.Equal(t, entry.Help, family.GetHelp(), entry.Name)
		var labels []string
		for _, label := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, label.GetName())
		}
		require.ElementsMatch(t, entry.Labels, labels, entry.Name)
	}
	for name := range found {
		if strings.HasPrefix(name, "ams_") {
			require.Contains(t, listed, name)
		}
	}
}

func markdownTable(s *scene) string {
	var table strings.Builder
	table.WriteString("| metric | kind | labels | what it is |\n|---|---|---|---|\n")
	for _, entry := range s.Catalogue() {
		labels := ""
		if len(entry.Labels) > 0 {
			labels = "`" + strings.Join(entry.Labels, "`, `") + "`"
		}
		_, _ = fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", entry.Name, entry.Kind, labels, entry.Help)
	}
	return table.String()
}
