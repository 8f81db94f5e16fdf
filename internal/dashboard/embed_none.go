//go:build no_ui

package dashboard

import "io/fs"

// Files returns nil: this binary was built without the page.
func Files() fs.FS { return nil }
