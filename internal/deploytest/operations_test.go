package deploytest_test

import (
	"encoding/json"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const operationsPage = "docs/operations.md"

// anchors returns what a page's headings can be linked by, as GitHub makes it.
func anchors(markdown string) map[string]bool {
	there := make(map[string]bool)
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(markdown, -1) {
		kept := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		there[strings.ReplaceAll(kept, " ", "-")] = true
	}
	return there
}

// inline returns the pieces of code within a page's text, and its blocks of code.
func inline(markdown string) (pieces []string, blocks string) {
	block := regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```$")
	for _, found := range block.FindAllStringSubmatch(markdown, -1) {
		blocks += found[1]
	}
	for _, found := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(block.ReplaceAllString(markdown, ""), -1) {
		pieces = append(pieces, found[1])
	}
	return pieces, blocks
}

func TestOperations_LinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	page := readFile(t, operationsPage)
	links := regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(page, -1)
	require.NotEmpty(t, links)
	for _, link := range links {
		file, anchor, _ := strings.Cut(link[1], "#")
		target := page
		if file != "" {
			file = path.Join("docs", file)
			info, err := fs.Stat(root(), file)
			require.NoError(t, err, link[1])
			if info.IsDir() {
				continue
			}
			target = readFile(t, file)
		}
		if anchor != "" {
			require.Contains(t, anchors(target), anchor, link[1])
		}
	}
}

func TestOperations_NamesOnlyMetricsAndAlertsThatThereAre(t *testing.T) {
	t.Parallel()
	page, there := readFile(t, operationsPage), metricsThereAre(t)
	for name := range metricsIn(page) {
		require.Contains(t, there, name)
	}
	alerts := make(map[string]bool)
	for _, alert := range readAlerts(t) {
		alerts[alert.Name] = true
	}
	for _, name := range regexp.MustCompile(`\bAms[A-Z]\w+`).FindAllString(page, -1) {
		require.Contains(t, alerts, name)
	}
}

func TestOperations_NamesOnlySettingsThatThereAre(t *testing.T) {
	t.Parallel()
	known := known()
	pieces, blocks := inline(readFile(t, operationsPage))
	named := regexp.MustCompile(`\b[A-Z]+(?:_[A-Z]+)+\b`).FindAllString(strings.Join(append(pieces, blocks), "\n"), -1)
	require.NotEmpty(t, named)
	for _, name := range named {
		// Of the command line, for the commands that speak to a server.
		if !strings.HasPrefix(name, "AMS_") {
			require.Contains(t, known, name)
		}
	}
}

func TestOperations_NamesOnlyPathsOfTheAPI(t *testing.T) {
	t.Parallel()
	var document struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	require.NoError(t, json.Unmarshal([]byte(readFile(t, "docs/openapi.json")), &document))
	page := readFile(t, operationsPage)
	calls := regexp.MustCompile(`\b(GET|POST|PUT|DELETE) (/[a-z][a-z0-9/{}_-]*)`).FindAllStringSubmatch(page, -1)
	for _, found := range regexp.MustCompile(`curl -s(?: -X (\w+))? '?localhost:8080(/[a-z0-9/{}_-]*)`).FindAllStringSubmatch(page, -1) {
		calls = append(calls, []string{found[0], found[1], found[2]})
	}
	require.NotEmpty(t, calls)
	for _, call := range calls {
		methods, there := document.Paths[strings.TrimPrefix(call[2], "/api/v1")]
		require.True(t, there, call[0])
		if call[1] != "" {
			require.Contains(t, methods, strings.ToLower(call[1]), call[0])
		}
	}
}

// What the page quotes with "…" is said by the service, in these words.
func TestOperations_QuotesLinesThatAreLogged(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	for _, room := range []string{"cmd", "internal", "pkg"} {
		require.NoError(t, fs.WalkDir(root(), room, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			source.WriteString(readFile(t, name))
			return nil
		}))
	}
	// A long line is put together of several, or with a number in between.
	said := strings.ReplaceAll(source.String(), "\" +\n\t\t\t\"", "")
	prose := regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(readFile(t, operationsPage), "")
	prose = regexp.MustCompile("`[^`]*`").ReplaceAllString(prose, "")
	quotes := regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(prose, -1)
	require.Greater(t, len(quotes), 10)
	for _, quote := range quotes {
		require.Contains(t, said, strings.Join(strings.Fields(quote[1]), " "))
	}
}
