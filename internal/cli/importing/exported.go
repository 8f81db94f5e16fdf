package importing

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// outcomeFields are those of an exported message that tell what became of it. What
// is imported becomes a new message: they are passed over, and named at the end.
func outcomeFields() []string {
	return []string{
		"id", "num_segments", "encoding", "created_at", "updated_at", "next_attempt_at", "sent_at", "failed_at",
		"message_id", "retry_count", "attempt_count", "error", "error_code", "delivery_status", "delivered_at",
		"delivery_error_code", "attempts", "position", "estimated_send_at", "note",
	}
}

// passedOver collects the names of fields that were, in the order of outcomeFields.
type passedOver struct{ names map[string]bool }

// take notes the field, unless it is one that nobody exports.
func (p *passedOver) take(name string) bool {
	if !slices.Contains(outcomeFields(), name) {
		return false
	}
	if p.names == nil {
		p.names = map[string]bool{}
	}
	p.names[name] = true
	return true
}

// PassedOver is part of Source.
func (p *passedOver) PassedOver() []string {
	var names []string
	for _, name := range outcomeFields() {
		if p.names[name] {
			names = append(names, name)
		}
	}
	return names
}

// CountFinal reads a file and counts the messages that are skipped for their status, and all.
// It ends with an error where nothing behind can be read.
func CountFinal(in io.Reader, options Options) (final, total int64, err error) {
	source, _, err := Open(in, options)
	if err != nil {
		return 0, 0, err
	}
	for {
		item, err := source.Next()
		switch {
		case errors.Is(err, io.EOF):
			return final, total, nil
		case err != nil:
			return final, total, err //nolint:wrapcheck // Run tells the same of the same file
		}
		total++
		if item.Final {
			final++
		}
	}
}

// unknownField is an error about one that stands nowhere.
func unknownField(what, name string) error {
	return fmt.Errorf("has an unknown %s %q; the %ss are %s; --ignore-unknown passes over others", what, name, what, strings.Join(Columns(), ", "))
}
