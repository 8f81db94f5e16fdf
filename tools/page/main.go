// Command page makes the page that the service embeds out of its sources:
//
//	page SOURCES DESTINATION
//
// The sources are small modules that browsers could read as they are; together they
// would be twice as large, and asked for one after the other. So they are bundled into
// one script and one style sheet, without comments and long names. The document
// and what it shows before the script are copied. sources.sha256 is written last:
// it tells a test whether the destination is made of the sources as they are now.
//
// It has a module of its own so that the service does not depend on esbuild.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 2 {
		return errors.New("usage: page SOURCES DESTINATION")
	}
	sources, destination := arguments[0], arguments[1]
	if err := bundle(sources, destination); err != nil {
		return err
	}
	for from, to := range map[string]string{
		"index.html": "index.html", "icon.svg": "icon.svg", "vendor/uplot.LICENSE": "licences.txt",
	} {
		if err := copyFile(filepath.Join(sources, from), filepath.Join(destination, to)); err != nil {
			return err
		}
	}
	sum, err := sumOf(os.DirFS(sources))
	if err != nil {
		return err
	}
	return write(filepath.Join(destination, "sources.sha256"), []byte(sum+"\n"))
}

// bundle writes one script for the page, one for before the first paint, and the styles.
func bundle(sources, destination string) error {
	entries := []string{"app.js", "themeboot.js", "page.css"}
	for i, name := range entries {
		entries[i] = filepath.Join(sources, name)
	}
	result := api.Build(api.BuildOptions{
		EntryPoints: entries, Outdir: destination, Write: true, Bundle: true,
		Format: api.FormatESModule, Target: api.ES2023, Charset: api.CharsetUTF8,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		LegalComments: api.LegalCommentsEndOfFile, LogLevel: api.LogLevelSilent, Plugins: []api.Plugin{lessOfUPlot()},
	})
	problems := slices.Concat(result.Errors, result.Warnings)
	if len(problems) > 0 {
		return errors.New(strings.Join(api.FormatMessages(problems, api.FormatMessagesOptions{}), "\n"))
	}
	return nil
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from) //nolint:gosec // the person at the terminal names it
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return write(to, content)
}

func write(name string, content []byte) error {
	if err := os.WriteFile(name, content, 0o644); err != nil { //nolint:gosec // a file of the repository, for everybody to read
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// sumOf returns a hash of all files, by name; internal/dashboard has the same in its test.
func sumOf(files fs.FS) (string, error) {
	hash := sha256.New()
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		_, _ = fmt.Fprintf(hash, "%s %d\n%s", name, len(content), content)
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("hash the sources: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
