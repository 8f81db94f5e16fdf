package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"
)

// usualLimit bounds a test without a Limit of its own: some faults make it spin,
// or wait for what never comes.
const usualLimit = 2 * time.Minute

// bug is one planted fault.
type bug struct {
	name    string // of its file, as in 01-record-without-fence
	fault   string // what is wrong, in a line
	promise string // what it breaks: a promise of the README (R), or of another page
	target  target
	patches []patch
}

// target is the test that must notice.
type target struct {
	pkg   string // as in ./internal/webhook
	test  string // as in TestStore_KeepsEveryPromise/RecordFence
	limit time.Duration
}

// pattern returns what go test's -run takes for this test and no other.
func (t target) pattern() string {
	return "^" + strings.ReplaceAll(t.test, "/", "$/^") + "$"
}

// patch is what a fault changes in one file, named by its path from the root.
type patch struct {
	path  string
	hunks []hunk
}

// readBugs reads every patch of the folder, in the order of their names.
func readBugs(folder fs.FS) ([]bug, error) {
	files, err := fs.Glob(folder, "*.patch")
	if err != nil || len(files) == 0 {
		return nil, errors.Join(errors.New("no patches: is this the root of the module?"), err)
	}
	bugs := make([]bug, 0, len(files))
	for _, file := range files {
		text, err := fs.ReadFile(folder, file)
		if err != nil {
			return nil, fmt.Errorf("read a patch: %w", err)
		}
		one, err := parse(strings.TrimSuffix(path.Base(file), ".patch"), string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		bugs = append(bugs, one)
	}
	return bugs, nil
}

// parse reads a unified diff (diff -u, with a/ and b/ before the paths) behind a
// header of lines that patch and git apply pass over:
//
//	Fault: the draw is not written
//	Promise: R4, the pace
//	Caught by: ./internal/dataOperations/sqlitestore TestStore_KeepsEveryPromise/Windows
//	Limit: 3m                     (optional)
func parse(name, text string) (bug, error) {
	header, diff, _ := strings.Cut(text, "\n--- ")
	fields := map[string]string{}
	for line := range strings.Lines(header) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		fields[key] = value
	}
	limit, err := time.ParseDuration(cmp.Or(fields["Limit"], usualLimit.String()))
	if err != nil {
		return bug{}, fmt.Errorf("limit: %w", err)
	}
	pkg, test, _ := strings.Cut(fields["Caught by"], " ")
	one := bug{
		name: name, fault: fields["Fault"], promise: fields["Promise"],
		target: target{pkg: pkg, test: test, limit: limit},
	}
	if one.fault == "" || one.promise == "" || test == "" {
		return bug{}, errors.New("the header needs Fault, Promise, and Caught by with a package and a test")
	}
	one.patches, err = parseDiff("--- " + diff)
	return one, err
}
