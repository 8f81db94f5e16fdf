package mongostore

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"auto-message-sender/internal/models"
)

// reader reads the fields of a document that anybody may have written. A field
// that is missing or null has its zero value; one of another type has it too, and
// is noted as a problem, for those who must not go on then.
type reader struct {
	document bson.Raw
	problems []string
}

// note adds a problem of a field: what it must be, and what it is.
func (r *reader) note(field, wanted string, value bson.RawValue) {
	r.problems = append(r.problems, fmt.Sprintf("%s must be %s, not %s", field, wanted, value.Type))
}

// get returns a field, and whether it is there and not null.
func (r *reader) get(field string) (bson.RawValue, bool) {
	value, err := r.document.LookupErr(strings.Split(field, ".")...)
	if err != nil || value.Type == bson.TypeNull || value.Type == bson.TypeUndefined {
		return bson.RawValue{}, false
	}
	return value, true
}

// text reads a string.
func (r *reader) text(field string) string {
	value, ok := r.get(field)
	if !ok {
		return ""
	}
	text, ok := value.StringValueOK()
	if !ok {
		r.note(field, "a string", value)
	}
	return text
}

// number reads an integer, however the client that wrote it stores its numbers.
func (r *reader) number(field string) int64 {
	value, ok := r.get(field)
	if !ok {
		return 0
	}
	number, ok := asInteger(value)
	if !ok {
		r.note(field, "a whole number", value)
	}
	return number
}

// flag reads a bool.
func (r *reader) flag(field string) bool {
	value, ok := r.get(field)
	if !ok {
		return false
	}
	flag, ok := value.BooleanOK()
	if !ok {
		r.note(field, "true or false", value)
	}
	return flag
}

// moment reads a time: a date, a timestamp, milliseconds since 1970, or a text
// in RFC 3339.
func (r *reader) moment(field string) time.Time {
	value, ok := r.get(field)
	if !ok {
		return time.Time{}
	}
	moment, ok := asTime(value)
	if !ok {
		r.note(field, "a date", value)
		return time.Time{}
	}
	return moment
}

// meant is moment of a time that somebody wrote by hand: one that was meant in seconds,
// as a number or by new Date(seconds), is a problem.
func (r *reader) meant(field string) time.Time {
	at := r.moment(field)
	value, _ := r.get(field)
	if models.InSeconds(at.UnixMilli()) && value.Type != bson.TypeString && value.Type != bson.TypeTimestamp {
		r.problems = append(r.problems, field+" is in seconds, and must be a date, or in milliseconds since 1970: multiply it by 1000")
		return time.Time{}
	}
	return at
}

// date reads a time that the database must be able to compare: no other type does.
func (r *reader) date(field string) time.Time {
	value, ok := r.get(field)
	if ok && value.Type != bson.TypeDateTime {
		r.note(field, "a date", value)
		return time.Time{}
	}
	return r.moment(field)
}

// list reads an array of documents, and passes over elements that are none.
func (r *reader) list(field string) []bson.Raw {
	value, ok := r.get(field)
	if !ok {
		return nil
	}
	array, ok := value.ArrayOK()
	if !ok {
		r.note(field, "an array", value)
		return nil
	}
	elements, err := array.Values()
	if err != nil {
		return nil
	}
	var documents []bson.Raw
	for _, element := range elements {
		if document, ok := element.DocumentOK(); ok {
			documents = append(documents, document)
		}
	}
	return documents
}

// asInteger returns a number that is whole and fits.
func asInteger(value bson.RawValue) (int64, bool) {
	if short, ok := value.Int32OK(); ok {
		return int64(short), true
	}
	if long, ok := value.Int64OK(); ok {
		return long, true
	}
	double, ok := value.DoubleOK()
	// 2⁵³: beyond it a double no longer tells one integer from the next.
	if !ok || double != math.Trunc(double) || math.Abs(double) > 1<<53 {
		return 0, false
	}
	return int64(double), true
}

// asTime returns the time that a value means, where it is one that RFC 3339 can
// say: nothing outside the years 1 to 9999 could be shown to a client.
func asTime(value bson.RawValue) (time.Time, bool) {
	moment, ok := anyTime(value)
	return moment, ok && moment.Year() >= 1 && moment.Year() <= 9999
}

// anyTime reads the types that times come in.
func anyTime(value bson.RawValue) (time.Time, bool) {
	if milliseconds, ok := value.DateTimeOK(); ok {
		return time.UnixMilli(milliseconds).UTC(), true
	}
	if seconds, _, ok := value.TimestampOK(); ok {
		return time.Unix(int64(seconds), 0).UTC(), true
	}
	if text, ok := value.StringValueOK(); ok {
		return parseTime(text)
	}
	milliseconds, ok := asInteger(value)
	return time.UnixMilli(milliseconds).UTC(), ok
}

// parseTime reads a time in RFC 3339, or, without a zone, in UTC.
func parseTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateTime} {
		if moment, err := time.Parse(layout, text); err == nil {
			return inTime(moment), true
		}
	}
	return time.Time{}, false
}

// priority reads the priority; false where there is none, or none of the three.
func (r *reader) priority() (models.Priority, bool) {
	value, ok := r.get("priority")
	if !ok {
		return models.PriorityNormal, false
	}
	number, ok := asInteger(value)
	if !ok || number < int64(models.PriorityHigh) || number > int64(models.PriorityLow) {
		r.problems = append(r.problems, "priority must be 0, 1 or 2")
		return models.PriorityNormal, false
	}
	return models.Priority(number), true
}

// reference reads the caller's own id of a message.
func (r *reader) reference() string {
	text := r.text("reference")
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > models.MaxReferenceLength ||
		strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }) {
		r.problems = append(r.problems, fmt.Sprintf("reference must have at most %d printable characters", models.MaxReferenceLength))
		return ""
	}
	return text
}

// validity reads validity_period: 1 s to models.MaxAhead, 0 where there is none.
func (r *reader) validity() time.Duration {
	number := r.number("validity_period")
	if number < 0 || number > int64(models.MaxAhead/time.Second) {
		r.problems = append(r.problems, fmt.Sprintf("validity_period must be 1 to %d seconds", int64(models.MaxAhead/time.Second)))
		return 0
	}
	return time.Duration(number) * time.Second
}

// countable notes a field that $inc would refuse; it takes any number, and makes
// one of a field that is missing, but not of null.
func (r *reader) countable(field string) {
	value, err := r.document.LookupErr(field)
	if err == nil && !value.IsNumber() {
		r.note(field, "a number", value)
	}
}
