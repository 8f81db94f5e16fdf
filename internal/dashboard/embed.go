//go:build !no_ui

package dashboard

import (
	"embed"
	"io/fs"
)

//go:embed dist
var dist embed.FS

// Files returns the page's files, index.html among them.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is a constant, and a valid path
	}
	return files
}
