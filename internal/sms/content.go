package sms

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"auto-message-sender/internal/models"
)

// CheckContent accepts a content of 1 to MaxContent characters, one of them no space. A character is a
// Unicode code point, as a person counts them in "ş", not a byte: as many of them
// pass in any script, however many segments they make.
//
// The error is a sentence without its subject, as in "content <error>".
func (r Rules) CheckContent(content string) error {
	switch {
	case content == "":
		return errors.New(`is required, for example "Your order is on its way."`)
	case !utf8.ValidString(content):
		return errors.New("is not valid UTF-8; send the text as UTF-8, for example from a file saved as such")
	case strings.TrimSpace(content) == "":
		return errors.New(`is blank: it has nothing but spaces; send text, for example "Your order is on its way."`)
	case strings.ContainsRune(content, 0):
		// No phone can show it, and databases and providers cut the text there.
		return errors.New("has a NUL character (U+0000); send printable text")
	}
	limit := cmp.Or(r.MaxContent, models.MaxContentLength)
	if length := utf8.RuneCountInString(content); length > limit {
		return fmt.Errorf("has %d characters; at most %d are allowed", length, limit)
	}
	return nil
}
