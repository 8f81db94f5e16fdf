package importing

import (
	"fmt"
	"slices"
	"strings"
)

// outcomeFields are those of an exported message that tell what became of it. What
// is imported becomes a new message: they are passed over, and named at the end.
func outcomeFields() []string {
	return []string{
		"id", "status", "num_segments", "encoding", "created_at", "updated_at", "next_attempt_at", "sent_at", "failed_at",
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

// unknownField is an error about one that stands nowhere.
func unknownField(what, name string) error {
	return fmt.Errorf("has an unknown %s %q; the %ss are %s; --ignore-unknown passes over others", what, name, what, strings.Join(Columns(), ", "))
}
