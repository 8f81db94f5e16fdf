package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// hunk is one place of a file: the lines that must stand there, and those that
// come in their stead.
type hunk struct{ before, after []string }

// parseDiff reads a unified diff that changes files, and neither makes nor removes
// any.
func parseDiff(text string) ([]patch, error) {
	var patches []patch
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		from, isFile := strings.CutPrefix(line, "--- a/")
		switch {
		case isFile && i+1 < len(lines) && lines[i+1] == "+++ b/"+from:
			patches = append(patches, patch{path: from})
			i++
			continue
		case len(patches) == 0:
			return nil, fmt.Errorf("expected --- a/path and +++ b/path instead of %q", line)
		}
		last := &patches[len(patches)-1]
		if strings.HasPrefix(line, "@@ ") {
			last.hunks = append(last.hunks, hunk{})
			continue
		}
		if len(last.hunks) == 0 {
			return nil, fmt.Errorf("expected @@ instead of %q", line)
		}
		if err := last.hunks[len(last.hunks)-1].take(line); err != nil {
			return nil, err
		}
	}
	return patches, nil
}

// take adds one line of the diff.
func (h *hunk) take(line string) error {
	if line == "" {
		line = " " // an editor has cut off the blank
	}
	switch line[0] {
	case ' ':
		h.before, h.after = append(h.before, line[1:]), append(h.after, line[1:])
	case '-':
		h.before = append(h.before, line[1:])
	case '+':
		h.after = append(h.after, line[1:])
	default:
		return fmt.Errorf("a line of a hunk begins with a blank, - or +, not as %q", line)
	}
	return nil
}

// apply returns the file with the hunks in it. Line numbers are not looked at: the
// lines before must stand in the file exactly once, so that a fault is where it was
// meant to be or nowhere.
func (p patch) apply(content string) (string, error) {
	lines := strings.Split(content, "\n")
	for i := range p.hunks {
		h := &p.hunks[i]
		at, err := h.find(lines)
		if err != nil {
			return "", fmt.Errorf("%s, hunk %d: %w", p.path, i+1, err)
		}
		lines = slices.Replace(lines, at, at+len(h.before), h.after...)
	}
	return strings.Join(lines, "\n"), nil
}

// find returns where in the file the lines before stand.
func (h *hunk) find(lines []string) (int, error) {
	var found []int
	for at := range len(lines) - len(h.before) + 1 {
		if slices.Equal(lines[at:at+len(h.before)], h.before) {
			found = append(found, at)
		}
	}
	switch {
	case slices.Equal(h.before, h.after):
		return 0, errors.New("it changes nothing")
	case len(found) != 1:
		return 0, fmt.Errorf("what it changes stands in the file %d times", len(found))
	}
	return found[0], nil
}
