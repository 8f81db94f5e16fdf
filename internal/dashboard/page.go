package dashboard

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
)

// AssetsPath is below which the assets are, as /assets/<version>/<name>.
const AssetsPath = "/assets/"

// document is the file that every path of the page is answered with.
const document = "index.html"

// Paths returns the paths of the page in the words of the router, :id standing for
// any one segment. All of them are answered with the same document.
func Paths() []string {
	return []string{"/", "/messages", "/messages/:id", "/compose", "/audit", "/settings"}
}

// Page serves the page.
type Page struct {
	assets  map[string]asset // by their names, such as vendor/uplot.js
	index   asset
	version string
}

// New reads the files, of which index.html is the document; the others are its assets.
// In the document {{assets}} stands for where they are. Files of other types are not served.
func New(files fs.FS) (*Page, error) {
	if files == nil {
		return nil, errors.New("dashboard: New needs files")
	}
	contents, err := read(files)
	if err != nil {
		return nil, err
	}
	template, ok := contents[document]
	if !ok {
		return nil, errors.New("dashboard: index.html is missing")
	}
	p := &Page{assets: make(map[string]asset, len(contents)), version: versionOf(contents)}
	text := strings.ReplaceAll(string(template), "{{assets}}", AssetsPath+p.version)
	if p.index, err = newAsset(document, []byte(text)); err != nil {
		return nil, err
	}
	delete(contents, document)
	for name, content := range contents {
		if p.assets[name], err = newAsset(name, content); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// read returns the files of types that are served, by their names.
func read(files fs.FS) (map[string][]byte, error) {
	contents := make(map[string][]byte)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || contentTypeOf(name) == "" {
			return err
		}
		contents[name], err = fs.ReadFile(files, name)
		return err //nolint:wrapcheck // wrapped below
	})
	if err != nil {
		return nil, fmt.Errorf("dashboard: read the files: %w", err)
	}
	return contents, nil
}

// versionOf returns a name for all of the files as they are.
func versionOf(contents map[string][]byte) string {
	names := make([]string, 0, len(contents))
	for name := range contents {
		names = append(names, name)
	}
	slices.Sort(names)
	hash := sha256.New()
	for _, name := range names {
		_, _ = fmt.Fprintf(hash, "%s %d\n%s", name, len(contents[name]), contents[name])
	}
	return hex.EncodeToString(hash.Sum(nil)[:6])
}

// Document serves the page.
func (p *Page) Document(w http.ResponseWriter, r *http.Request) {
	p.index.serve(w, r, askAgain)
}

// Asset serves a file by its path, and tells whether there is one. Where there is none
// nothing was written.
func (p *Page) Asset(w http.ResponseWriter, r *http.Request) (found bool) {
	version, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, AssetsPath), "/")
	file, found := p.assets[path.Clean(name)]
	if !found || path.Clean(name) != name {
		return false
	}
	caching := askAgain
	if version == p.version {
		caching = forGood
	}
	file.serve(w, r, caching)
	return true
}
