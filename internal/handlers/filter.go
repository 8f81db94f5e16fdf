package handlers

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// FilterFields is a filter as clients write it. Times are RFC 3339; what is called
// after is included in the range, what is called before is not.
type FilterFields struct {
	Status string `json:"status" validate:"optional" enums:"scheduled,pending,sending,sent,failed,canceled,expired" example:"failed"`
	// Recipient, in any form that POST /messages takes.
	To string `json:"to" validate:"optional" example:"+905551234567"`
	// The caller's own id, exactly.
	Reference string `json:"reference" validate:"optional" example:"order-4711"`
	// The provider's id, exactly.
	MessageID     string `json:"message_id" validate:"optional" example:"67f2f8a8-ea58-4ed0-a6f9-ff217df4d849"`
	CreatedAfter  string `json:"created_after" validate:"optional" format:"date-time" example:"2026-01-02T14:00:00Z"`
	CreatedBefore string `json:"created_before" validate:"optional" format:"date-time" example:"2026-01-02T15:00:00Z"`
	SentAfter     string `json:"sent_after" validate:"optional" format:"date-time" example:"2026-01-02T14:00:00Z"`
	SentBefore    string `json:"sent_before" validate:"optional" format:"date-time" example:"2026-01-02T15:00:00Z"`
	FailedAfter   string `json:"failed_after" validate:"optional" format:"date-time" example:"2026-01-02T14:00:00Z"`
	FailedBefore  string `json:"failed_before" validate:"optional" format:"date-time" example:"2026-01-02T15:00:00Z"`
}

// filter returns what the fields mean, and every one that is wrong. A message is
// found by its recipient however the number is written: inspect normalises it.
func (f FilterFields) filter(inspect dataoperations.Inspect) (filter models.Filter, wrong []models.FieldError) {
	refuse := func(field, problem string) {
		if problem != "" {
			wrong = append(wrong, models.FieldError{Field: field, Message: problem})
		}
	}
	filter.Status = models.Status(f.Status)
	if f.Status != "" && !slices.Contains(models.Statuses(), filter.Status) {
		refuse("status", "must be scheduled, pending, sending, sent, failed, canceled or expired")
	}
	if f.To != "" {
		to, problem := normalise(f.To, inspect)
		refuse("to", problem)
		filter.To = to
	}
	refuse("reference", checkReference(f.Reference))
	filter.Reference = f.Reference
	if len(f.MessageID) > models.MaxIDLength || !utf8.ValidString(f.MessageID) {
		refuse("message_id", "is no id of a provider")
	}
	filter.MessageID = f.MessageID
	for _, bound := range []struct {
		name, text string
		at         *time.Time
	}{
		{"created_after", f.CreatedAfter, &filter.CreatedAfter},
		{"created_before", f.CreatedBefore, &filter.CreatedBefore},
		{"sent_after", f.SentAfter, &filter.SentAfter},
		{"sent_before", f.SentBefore, &filter.SentBefore},
		{"failed_after", f.FailedAfter, &filter.FailedAfter},
		{"failed_before", f.FailedBefore, &filter.FailedBefore},
	} {
		if bound.text == "" {
			continue
		}
		at, problem := parseTime(bound.text)
		refuse(bound.name, problem)
		*bound.at = at
	}
	return filter, wrong
}

// setField puts a value in the field of a name as in JSON; false: there is none.
func setField(f *FilterFields, name, value string) bool {
	fields := map[string]*string{
		"status": &f.Status, "to": &f.To, "reference": &f.Reference, "message_id": &f.MessageID,
		"created_after": &f.CreatedAfter, "created_before": &f.CreatedBefore,
		"sent_after": &f.SentAfter, "sent_before": &f.SentBefore,
		"failed_after": &f.FailedAfter, "failed_before": &f.FailedBefore,
	}
	field, known := fields[name]
	if !known {
		return false
	}
	// A + that was not escaped arrives as a space: in a query +90… is written %2B90…,
	// and hardly anybody knows.
	if name == "to" && strings.HasPrefix(value, " ") || strings.HasSuffix(name, "_after") || strings.HasSuffix(name, "_before") {
		value = strings.Replace(value, " ", "+", 1)
	}
	*field = value
	return true
}

// normalise returns a recipient in E.164, or what is wrong with it.
func normalise(to string, inspect dataoperations.Inspect) (e164, problem string) {
	inspected, err := inspect(to, "x")
	wrong, _ := fieldsOf(err)
	for _, field := range wrong {
		if field.Field == "to" {
			return "", field.Message
		}
	}
	return inspected.To, ""
}
