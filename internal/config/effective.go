package config

import (
	"slices"
	"strconv"
	"strings"
)

// Value is a setting as it takes effect, fit to be shown.
type Value struct {
	Name   string
	Text   string // secrets are "***"
	Source Source
}

// Effective returns every setting's value and where it came from, in the order
// of the table. After a Load with problems it holds what was given, right or wrong.
func (c Config) Effective() []Value { return slices.Clone(c.effective) }

// shown returns the values as they may be shown. Only these stay in a Config:
// printing it prints its unexported fields too.
func (v values) shown(table []Setting) []Value {
	shown := make([]Value, 0, len(table))
	for _, setting := range table {
		given := v[setting.Name]
		shown = append(shown, Value{
			Name:   setting.Name,
			Text:   setting.shown(given.text),
			Source: given.source,
		})
	}
	return shown
}

// shown returns a value of the setting as it may be shown, on one line.
func (s Setting) shown(text string) string {
	if s.Secret {
		return Secret(text).String()
	}
	text = withoutCredentials(text)
	if strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
