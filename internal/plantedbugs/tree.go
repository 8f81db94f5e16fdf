package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// standIn is the server that stands in for MongoDB, which `make test` builds.
const standIn = "bin/ferretdb"

// tree is a copy of the module that faults are planted in.
type tree struct{ dir string }

// copyTree copies the module's files as they are, committed or not, and without
// asking git: it works in an unpacked archive too. What is built or kept beside
// them stays out, but for the stand-in, which the copy has a link to.
func copyTree(root, dir string) (tree, error) {
	source, err := filepath.Abs(root)
	if err != nil {
		return tree{}, fmt.Errorf("find the module: %w", err)
	}
	files := os.DirFS(source)
	err = fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == ".git" || path == "bin" || path == "data" || path == ".env":
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(dir, path), 0o750)
		case !entry.Type().IsRegular():
			return nil
		}
		return copyFile(files, path, filepath.Join(dir, path))
	})
	if err != nil {
		return tree{}, fmt.Errorf("copy the module: %w", err)
	}
	if err := errors.Join(
		os.MkdirAll(filepath.Join(dir, "bin"), 0o750),
		os.Symlink(filepath.Join(source, standIn), filepath.Join(dir, standIn)),
	); err != nil {
		return tree{}, fmt.Errorf("link the stand-in: %w", err)
	}
	return tree{dir}, nil
}

func copyFile(files fs.FS, path, to string) error {
	content, err := fs.ReadFile(files, path)
	if err != nil {
		return err //nolint:wrapcheck // told by copyTree
	}
	info, err := fs.Stat(files, path)
	if err != nil {
		return err //nolint:wrapcheck // likewise
	}
	return os.WriteFile(to, content, info.Mode().Perm()) //nolint:wrapcheck // likewise
}

// plant puts the fault into the copy; remove takes it out again. Where it does not
// apply, nothing is changed.
func (t tree) plant(one bug) (remove func() error, err error) {
	before, after := map[string]string{}, map[string]string{}
	for _, patch := range one.patches {
		content, err := os.ReadFile(filepath.Join(t.dir, patch.path))
		if err != nil {
			return nil, fmt.Errorf("read what it changes: %w", err)
		}
		before[patch.path] = string(content)
		if after[patch.path], err = patch.apply(string(content)); err != nil {
			return nil, err
		}
	}
	return func() error { return t.put(before) }, t.put(after)
}

// put writes files of the copy.
func (t tree) put(contents map[string]string) error {
	for path, content := range contents {
		if err := os.WriteFile(filepath.Join(t.dir, path), []byte(content), 0o600); err != nil {
			return fmt.Errorf("write into the copy: %w", err)
		}
	}
	return nil
}
