//go:build !no_ui

package dashboard_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"auto-message-sender/internal/dashboard"
)

// largest is what all of the page may be, as it is served, in bytes: whatever a browser
// loads for it, uPlot included, and not the text of uPlot's licence.
const largest = 60_000

func TestDist_IsMadeOfTheSourcesAsTheyAre(t *testing.T) {
	t.Parallel()
	hash := sha256.New()
	eachSource(t, func(name string, content []byte) {
		_, _ = fmt.Fprintf(hash, "%s %d\n%s", name, len(content), content)
	})
	sum, err := fs.ReadFile(dashboard.Files(), "sources.sha256")
	require.NoError(t, err)
	require.Equal(t, hex.EncodeToString(hash.Sum(nil)), strings.TrimSpace(string(sum)), "run make page, and commit what it changes")
}

func eachSource(t *testing.T, visit func(name string, content []byte)) {
	t.Helper()
	sources := os.DirFS("assets")
	require.NoError(t, fs.WalkDir(sources, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(sources, name)
		visit(name, content)
		return err //nolint:wrapcheck // the test fails with it
	}))
}

func TestDist_IsSmall(t *testing.T) {
	t.Parallel()
	page, err := dashboard.New(dashboard.Files())
	require.NoError(t, err)
	size := ask(page.Document, http.MethodGet, "/", "Accept-Encoding: gzip").Body.Len()
	base := versionOf(t, page)
	sizes := fmt.Sprintf("index.html %d", size)
	require.NoError(t, fs.WalkDir(dashboard.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == "index.html" || name == "sources.sha256" || name == "licences.txt" {
			return err
		}
		n := asset(t, page, http.MethodGet, base+"/"+name, "Accept-Encoding: gzip").Body.Len()
		size += n
		sizes += fmt.Sprintf(", %s %d", name, n)
		return nil
	}))
	t.Logf("%d bytes: %s", size, sizes)
	require.LessOrEqual(t, size, largest, sizes)
}

// Whatever a user wrote becomes text. These are the ways in which a string becomes markup,
// a script or an inline style; the policy forbids them too, but not every browser keeps all of it.
func TestPage_MakesNoMarkupOutOfStrings(t *testing.T) {
	t.Parallel()
	sinks := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|document\.write|DOMParser|setHTML|srcdoc|` +
		`\beval\b|new Function|setTimeout\(['"]|javascript:|setAttribute\(['"](style|on)|cssText`)
	styles := regexp.MustCompile(`\bstyle *[:=] *['"{]`)
	eachSource(t, func(name string, content []byte) {
		require.Empty(t, sinks.FindString(string(content)), name)
		if !strings.HasPrefix(name, "vendor/") {
			require.Empty(t, styles.FindString(string(content)), name)
		}
	})
	app, err := fs.ReadFile(dashboard.Files(), "app.js")
	require.NoError(t, err)
	require.Empty(t, sinks.FindString(string(app)), "the bundle")
}

func TestDocument_HasNothingInlineAndAsksNobodyElse(t *testing.T) {
	t.Parallel()
	page, err := dashboard.New(dashboard.Files())
	require.NoError(t, err)
	document := ask(page.Document, http.MethodGet, "/").Body.String()
	require.NotContains(t, document, "{{")
	require.NotRegexp(t, `(?i)<style|\sstyle=|\son[a-z]+=|https?://|<base|<script>|<script [^>]*>[^<]`, document)
	links := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(document, -1)
	require.Len(t, links, 4)
	for _, link := range links {
		require.Equal(t, http.StatusOK, asset(t, page, http.MethodGet, link[1]).Code, link[1])
	}
}

// A path that the router in the page knows, and the server does not, is lost on reload.
func TestPaths_AreThoseOfTheRouterInThePage(t *testing.T) {
	t.Parallel()
	app, err := os.ReadFile("assets/app.js")
	require.NoError(t, err)
	var patterns []string
	for _, found := range regexp.MustCompile(`pattern: '([^']+)'`).FindAllStringSubmatch(string(app), -1) {
		patterns = append(patterns, found[1])
	}
	require.Equal(t, patterns, dashboard.Paths())
}

// The key is a header; an address ends up in logs and histories.
func TestSources_PutNoKeyIntoAnAddress(t *testing.T) {
	t.Parallel()
	eachSource(t, func(name string, content []byte) {
		text := string(content)
		if strings.HasPrefix(name, "vendor/") || !strings.HasSuffix(name, ".js") {
			return
		}
		require.NotRegexp(t, `[?&](api_?key|key|token|authorization)=`, text, name)
		require.NotContains(t, text, "document.cookie", name)
		if name != "session.js" {
			require.NotContains(t, text, "sessionStorage.", name)
		}
	})
}
