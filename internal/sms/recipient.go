package sms

import (
	"cmp"
	"errors"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

const (
	// maxDigits is the most digits a number has, country code included (ITU-T
	// E.164, 6.2.1). The phone library would let two more pass for Germany.
	maxDigits = 15
	// maxRawLength bounds what is looked at, in bytes: the longest number with
	// two separators after each digit.
	maxRawLength = 3*maxDigits + 1

	// separators are what people write between digits. Anything else (letters,
	// extensions, slashes, digits of other scripts) may mean something that we
	// would lose by dropping it, and is refused.
	separators = " .-()"

	exampleNumber = "for example +905551234567"

	// noRegion is the library's name for none: only a number with its country code
	// is understood.
	noRegion = "ZZ"
)

// Normalise returns the recipient in E.164: a plus, the country code and the
// number, digits only. Spaces, dots, dashes, parentheses and a national prefix
// after the country code, as in +90 (0) 555, are tolerated and dropped. A
// number that no plan has room for is refused; whether it is in service only
// the provider can tell. With a Region, what has no plus is taken as it is dialled
// there: 0555 123 45 67, and 0049 30 90 18 20 abroad.
//
// The error is a sentence without its subject, as in "to <error>".
func (r Rules) Normalise(raw string) (e164 string, err error) {
	compact, err := stripSeparators(raw, r.Region != "")
	if err != nil {
		return "", err
	}
	e164, err = r.parse(compact)
	if err != nil || e164 == compact {
		return e164, err
	}
	// The library dropped a national prefix. Where it would drop one more from
	// what is left, nobody can say which number was meant; and a recipient that
	// is inspected twice must not become another one.
	if again, err := r.parse(e164); err != nil || again != e164 {
		return "", errors.New("has too many zeros after the country code; " + exampleNumber)
	}
	return e164, nil
}

// parse returns the number in E.164, or says why there is no such number.
func (r Rules) parse(compact string) (e164 string, err error) {
	number, err := phonenumbers.Parse(compact, cmp.Or(r.Region, noRegion))
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return "", errors.New("has an unknown country code; write it in full, " + exampleNumber)
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return "", errors.New("has too many digits; " + exampleNumber)
	case err != nil:
		return "", errors.New("has too few digits to be a phone number; " + exampleNumber)
	}
	// A number that can be dialled only locally is possible in the library's
	// words, but reaches nobody from elsewhere: it lacks its area code.
	if phonenumbers.IsPossibleNumberWithReason(number) != phonenumbers.IS_POSSIBLE {
		return "", errors.New("has the wrong number of digits for its country; " + exampleNumber)
	}
	if r.Strict && !phonenumbers.IsValidNumber(number) {
		return "", errors.New("is in no range of numbers that its country has handed out; check it, " + exampleNumber)
	}
	e164 = phonenumbers.Format(number, phonenumbers.E164)
	if len(e164) > 1+maxDigits {
		return "", errors.New("has too many digits; " + exampleNumber)
	}
	return e164, nil
}

// stripSeparators returns the plus, which only a national number may lack, and
// the digits of raw.
func stripSeparators(raw string, national bool) (string, error) {
	trimmed := strings.Trim(raw, " ")
	switch {
	case trimmed == "":
		return "", errors.New("is required, " + exampleNumber)
	case len(trimmed) > maxRawLength:
		return "", errors.New("is too long; " + exampleNumber)
	}
	digits, plus := strings.CutPrefix(trimmed, "+")
	if !plus && !national {
		return "", errors.New("must start with + and the country code, " + exampleNumber)
	}
	compact := make([]byte, 0, len(trimmed))
	if plus {
		compact = append(compact, '+')
	}
	for _, char := range []byte(digits) {
		switch {
		case '0' <= char && char <= '9':
			compact = append(compact, char)
		case strings.IndexByte(separators, char) >= 0:
		default:
			return "", errors.New("must have only digits after the +, without letters or extensions, " + exampleNumber)
		}
	}
	return string(compact), nil
}
