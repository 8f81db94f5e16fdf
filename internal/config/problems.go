package config

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with the configuration. Its text repeats no
// secret.
type Problem struct {
	Name    string // the variable, or the file, that it is about
	Fault   string // what is wrong, and what would be right, in words
	Example string // a value that would be right; may be empty
}

// String returns the problem on one line.
func (p Problem) String() string {
	text := p.Name + ": " + p.Fault
	if p.Example != "" {
		text += fmt.Sprintf("; for example %s=%s", p.Name, p.Example)
	}
	return text
}

// Error is a configuration that must not be started: every problem found in it,
// in the order of the table of settings.
type Error struct {
	Problems []Problem
}

// Error returns one line for each problem.
func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, problem := range e.Problems {
		lines = append(lines, problem.String())
	}
	return strings.Join(lines, "\n")
}

// About reports whether any of the problems is about one of the variables given.
func (e *Error) About(names ...string) bool {
	return slices.ContainsFunc(e.Problems, func(p Problem) bool { return slices.Contains(names, p.Name) })
}

// problems collects what is found on the way.
type problems struct {
	found []Problem
}

func (p *problems) add(name, fault, example string) {
	p.found = append(p.found, Problem{Name: name, Fault: fault, Example: example})
}

// about reports whether something is wrong with a variable already.
func (p *problems) about(name string) bool {
	return (&Error{Problems: p.found}).About(name)
}

// err returns the problems in the order of names, nil if there are none. What is
// about no setting, such as an unreadable .env, comes first.
func (p *problems) err(names []string) error {
	if len(p.found) == 0 {
		return nil
	}
	sorted := slices.Clone(p.found)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return slices.Index(names, a.Name) - slices.Index(names, b.Name)
	})
	return &Error{Problems: sorted}
}
