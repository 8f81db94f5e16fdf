package models

import (
	"errors"
	"strings"
)

// ErrorKind says what sort of thing went wrong; there is one answer in HTTP for each.
type ErrorKind int

// The kinds of error. An error that is no *Error is internal.
const (
	// KindInvalid: the request says something that cannot be; Fields tell where.
	KindInvalid ErrorKind = iota + 1
	// KindNotFound: there is no such thing.
	KindNotFound
	// KindConflict: it exists or happened already.
	KindConflict
	// KindUnavailable: the store is away or full; the same request may succeed later.
	KindUnavailable
	// KindCorrupt: the store's data is damaged, and nothing may be sent from it.
	KindCorrupt
)

// FieldError names a field, what is wrong with it, and what would be right.
type FieldError struct {
	Field   string
	Message string
}

// Error is an error whose words may be shown to a client; Cause may not.
type Error struct {
	Kind   ErrorKind
	Detail string
	Fields []FieldError
	Cause  error
}

// Error returns the detail, the fields, and the cause.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(e.Detail)
	for i, field := range e.Fields {
		separator := "; "
		if i == 0 {
			separator = ": "
		}
		text.WriteString(separator + field.Field + " " + field.Message)
	}
	if e.Cause != nil {
		text.WriteString(": " + e.Cause.Error())
	}
	return text.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// KindOf returns the kind of the first *Error in err's chain, 0 if there is none.
func KindOf(err error) ErrorKind {
	if known, ok := errors.AsType[*Error](err); ok {
		return known.Kind
	}
	return 0
}

// Invalid returns an error of KindInvalid about the fields given.
func Invalid(fields ...FieldError) error {
	return &Error{Kind: KindInvalid, Detail: "the request is not valid", Fields: fields}
}

// NotFound returns an error of KindNotFound.
func NotFound(detail string) error { return &Error{Kind: KindNotFound, Detail: detail} }

// Conflict returns an error of KindConflict.
func Conflict(detail string) error { return &Error{Kind: KindConflict, Detail: detail} }

// Unavailable returns an error of KindUnavailable with its cause.
func Unavailable(detail string, cause error) error {
	return &Error{Kind: KindUnavailable, Detail: detail, Cause: cause}
}
