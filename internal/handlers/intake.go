package handlers

import (
	"errors"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// AcceptRequest is a new message.
type AcceptRequest struct {
	// Recipient with + and country code, or in national form where DEFAULT_REGION is set. Spaces, dots, dashes and parentheses are dropped.
	To string `json:"to" validate:"required" example:"+90 555 123 45 67"`
	// Text of 1 to 160 characters, or as many as MAX_CONTENT_LENGTH says.
	Content string `json:"content" validate:"required" minLength:"1" example:"Your order is on its way."`
	// Who goes first, strictly; normal where none is given.
	Priority string `json:"priority" validate:"optional" enums:"high,normal,low" default:"normal" example:"high"`
	// When it is to go out, with a time zone, at most a year (366 days) ahead. A time that has passed means at once.
	SendAt string `json:"send_at" validate:"optional" format:"date-time" example:"2026-01-03T12:00:00+03:00"`
	// Whole seconds after send_at, or after now where that is left out, in which it may still be sent, at most a year: afterwards it
	// expires. Where they are over already, the message is refused.
	ValidityPeriod *int64 `json:"validity_period" validate:"optional" minimum:"1" maximum:"31622400" example:"3600"`
	// An id of your own to find it by, 1 to 64 printable characters; it need not be unique.
	Reference string `json:"reference" validate:"optional" maxLength:"64" example:"order-4711"`
} //	@name	AcceptRequest

// Intake holds the rules that every message has to keep before it is stored,
// whichever door it comes in by: one at a time, in a batch, or in a preview.
type Intake struct {
	// Inspect checks recipient and content, and says what they make.
	Inspect dataoperations.Inspect
	// Validity is that of messages that name none; 0: for ever.
	Validity time.Duration
}

// message returns the message that the request makes when it is accepted at the
// time given, in the store's time and whole milliseconds. The error is of
// models.KindInvalid and names every field that is wrong; beside errOverdue, the
// message is what it would have been in time.
func (i Intake) message(request AcceptRequest, id string, now time.Time) (models.Message, error) {
	inspected, err := i.Inspect(request.To, request.Content)
	wrong, err := fieldsOf(err)
	if err != nil {
		return models.Message{}, err
	}
	refuse := func(field, message string) {
		wrong = append(wrong, models.FieldError{Field: field, Message: message})
	}
	priority, known := priorityOf(request.Priority)
	if !known {
		refuse("priority", "must be high, normal or low")
	}
	sendAt, problem := checkSendAt(request.SendAt, now)
	if problem != "" {
		refuse("send_at", problem)
	}
	validity, problem := checkValidity(request.ValidityPeriod, i.Validity)
	if problem != "" {
		refuse("validity_period", problem)
	}
	if problem := checkReference(request.Reference); problem != "" {
		refuse("reference", problem)
	}
	expiresAt := expiry(sendAt, validity, request.ValidityPeriod != nil, now)
	var late error
	if problem := overSince(expiresAt, now); problem != "" {
		if len(wrong) == 0 {
			late = errOverdue
		}
		refuse("validity_period", problem)
	}
	if len(wrong) > 0 && late == nil {
		return models.Message{}, notValid(wrong, nil)
	}
	message := models.Message{
		ID:            models.ID{Text: id},
		To:            inspected.To,
		Content:       request.Content,
		Status:        models.StatusPending,
		Priority:      priority,
		Reference:     request.Reference,
		NumSegments:   inspected.NumSegments,
		Encoding:      inspected.Encoding,
		CreatedAt:     now,
		NextAttemptAt: now,
		Validity:      validity,
		ExpiresAt:     expiresAt,
	}
	if sendAt.After(now) {
		message.Status, message.SendAt, message.NextAttemptAt = models.StatusScheduled, sendAt, sendAt
	}
	if late != nil {
		return message, notValid(wrong, late)
	}
	return message, nil
}

func notValid(wrong []models.FieldError, cause error) error {
	return &models.Error{Kind: models.KindInvalid, Detail: "the message is not valid", Fields: wrong, Cause: cause}
}

// fieldsOf returns the fields that a rule found wrong; another error is returned
// as it is.
func fieldsOf(err error) ([]models.FieldError, error) {
	known, ok := errors.AsType[*models.Error](err)
	if !ok || known.Kind != models.KindInvalid || len(known.Fields) == 0 {
		return nil, err
	}
	return known.Fields, nil
}

// checkSendAt reads a time that somebody wrote; the zero time: none was given.
func checkSendAt(text string, now time.Time) (sendAt time.Time, problem string) {
	if text == "" {
		return time.Time{}, ""
	}
	sendAt, problem = parseTime(text)
	if problem == "" && sendAt.Sub(now) > models.MaxAhead {
		return time.Time{}, "is more than a year ahead; the latest now is " + timestamp(now.Add(models.MaxAhead))
	}
	return sendAt, problem
}

// parseTime reads RFC 3339, to the millisecond above: what is stored has no finer
// times, and no message is to go out before it should.
func parseTime(text string) (at time.Time, problem string) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.UTC().Year() < 1 || at.UTC().Year() > 9999 {
		return time.Time{}, "must be a time with its zone as in RFC 3339, for example 2026-01-02T15:04:05Z or 2026-01-02T18:04:05+03:00"
	}
	whole := at.UTC().Truncate(time.Millisecond)
	if whole.Before(at) {
		whole = whole.Add(time.Millisecond)
	}
	return whole, ""
}

func checkValidity(seconds *int64, unset time.Duration) (validity time.Duration, problem string) {
	const longest = int64(models.MaxAhead / time.Second)
	switch {
	case seconds == nil:
		return unset, ""
	case *seconds < 1, *seconds > longest:
		return 0, fmt.Sprintf("must be whole seconds from 1 to %d, which is a year", longest)
	}
	return time.Duration(*seconds) * time.Second, ""
}

// checkReference counts characters, as a person does.
func checkReference(reference string) (problem string) {
	if length := utf8.RuneCountInString(reference); length > models.MaxReferenceLength {
		return fmt.Sprintf("has %d characters; at most %d are allowed", length, models.MaxReferenceLength)
	}
	for _, char := range reference {
		if !unicode.IsPrint(char) {
			return "has a character that cannot be printed"
		}
	}
	return ""
}
