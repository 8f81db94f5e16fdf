package sms

import "auto-message-sender/internal/models"

// Inspect checks a whole message and returns its recipient in E.164. The error
// is of models.KindInvalid and names every field that is wrong, not the first
// only. It fits dataoperations.Inspect.
func Inspect(to, content string) (normalised string, err error) {
	var wrong []models.FieldError
	normalised, err = Normalise(to)
	if err != nil {
		wrong = append(wrong, models.FieldError{Field: "to", Message: err.Error()})
	}
	if err := CheckContent(content); err != nil {
		wrong = append(wrong, models.FieldError{Field: "content", Message: err.Error()})
	}
	if len(wrong) > 0 {
		return "", &models.Error{Kind: models.KindInvalid, Detail: "the message is not valid", Fields: wrong}
	}
	return normalised, nil
}
