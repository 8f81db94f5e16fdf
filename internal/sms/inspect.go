package sms

import "auto-message-sender/internal/models"

// Rules are what the operator demands of a message beyond what SMS demands. The
// zero value allows models.MaxContentLength characters, and numbers with their
// country code.
type Rules struct {
	// MaxContent is the longest content, in characters; 0: models.MaxContentLength.
	MaxContent int
	// Region is the country (ISO 3166-1 alpha-2, upper case) whose national numbers
	// are understood, such as 0555 123 45 67 in TR. Empty: a number needs its +.
	Region string
	// Strict refuses numbers that fit their country's numbering plan in length, but
	// are in no range that it has handed out. The ranges are as old as this program.
	Strict bool
}

// Inspect checks a whole message, and returns its recipient in E.164 and how it
// travels. The error is of models.KindInvalid and names every field that is
// wrong, not the first only. It fits dataoperations.Inspect.
func (r Rules) Inspect(to, content string) (models.Inspected, error) {
	var wrong []models.FieldError
	normalised, err := r.Normalise(to)
	if err != nil {
		wrong = append(wrong, models.FieldError{Field: "to", Message: err.Error()})
	}
	if err := r.CheckContent(content); err != nil {
		wrong = append(wrong, models.FieldError{Field: "content", Message: err.Error()})
	}
	if len(wrong) > 0 {
		return models.Inspected{}, &models.Error{Kind: models.KindInvalid, Detail: "the message is not valid", Fields: wrong}
	}
	encoding, segments := Count(content)
	return models.Inspected{To: normalised, NumSegments: segments, Encoding: encoding}, nil
}
