package importing

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// document is a message as `mongoexport` writes it, in MongoDB Extended JSON v2,
// canonical or relaxed. Its other fields are passed over.
//
// Source: https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/
type document struct {
	To             jsontext.Value `json:"to"`
	Content        jsontext.Value `json:"content"`
	Status         jsontext.Value `json:"status"`
	Priority       jsontext.Value `json:"priority"`
	SendAt         jsontext.Value `json:"send_at"`
	ExpiresAt      jsontext.Value `json:"expires_at"`
	ValidityPeriod jsontext.Value `json:"validity_period"`
	Reference      jsontext.Value `json:"reference"`
}

// readDocument returns the reader of documents. Those that have a status other than
// pending or scheduled are skipped: they were sent, or are not to be.
func readDocument(options Options) func(*Item, []byte) error {
	return func(item *Item, value []byte) error {
		var d document
		if jsontext.Value(value).Kind() != '{' {
			return errors.New("is not a document; mongoexport writes one a line without --pretty")
		}
		if err := json.Unmarshal(value, &d); err != nil {
			return explain(err)
		}
		status, err := extendedText("status", d.Status)
		if err != nil {
			return err
		}
		if item.Final = !options.Again && !waits(status); item.Final {
			item.Skip = true
			return nil
		}
		item.Row, err = d.row(options.Zone)
		return err
	}
}

func (d document) row(zone *time.Location) (Row, error) {
	var f fields
	for _, field := range []struct {
		name  string
		value jsontext.Value
		into  *string
	}{
		{"to", d.To, &f.to},
		{"content", d.Content, &f.content},
		{"priority", d.Priority, &f.priority},
		{"validity_period", d.ValidityPeriod, &f.validity},
		{"reference", d.Reference, &f.reference},
	} {
		text, err := extendedText(field.name, field.value)
		if err != nil {
			return Row{}, err
		}
		*field.into = text
	}
	// The service stores priorities as numbers.
	if name, ok := map[string]string{"0": "high", "1": "normal", "2": "low"}[f.priority]; ok {
		f.priority = name
	}
	row, err := f.row(zone)
	if err != nil {
		return Row{}, err
	}
	if row.SendAt, err = extendedTime("send_at", d.SendAt, zone); err != nil {
		return Row{}, err
	}
	row.ExpiresAt, err = extendedTime("expires_at", d.ExpiresAt, zone)
	return row, err
}

// extended is every wrapper of a scalar that can stand here.
type extended struct {
	OID          *string        `json:"$oid"`
	NumberInt    *string        `json:"$numberInt"`
	NumberLong   *string        `json:"$numberLong"`
	NumberDouble *string        `json:"$numberDouble"`
	Date         jsontext.Value `json:"$date"`
}

// extendedText returns a scalar as text; what is missing, or null, as none.
func extendedText(name string, value jsontext.Value) (string, error) {
	if value.Kind() == '{' {
		var wrapped extended
		if json.Unmarshal(value, &wrapped, json.RejectUnknownMembers(true)) == nil {
			for _, text := range []*string{wrapped.OID, wrapped.NumberInt, wrapped.NumberLong, wrapped.NumberDouble} {
				if text != nil {
					return *text, nil
				}
			}
		}
	}
	text, err := textOf(value)
	if err != nil {
		return "", fmt.Errorf("%s is of a type that it cannot have", name)
	}
	return text, nil
}

// extendedTime reads {"$date":…} with milliseconds or RFC 3339, or a time as text.
func extendedTime(name string, value jsontext.Value, zone *time.Location) (time.Time, error) {
	wrong := fmt.Errorf("%s must be a date such as {\"$date\":\"2026-01-02T15:04:05Z\"}", name)
	if value.Kind() == '{' {
		var wrapped extended
		if json.Unmarshal(value, &wrapped, json.RejectUnknownMembers(true)) != nil || wrapped.Date.Kind() == 0 {
			return time.Time{}, wrong
		}
		value = wrapped.Date
		if value.Kind() != '"' {
			text, err := extendedText(name, value)
			milliseconds, parseErr := strconv.ParseInt(text, 10, 64)
			if err != nil || parseErr != nil {
				return time.Time{}, wrong
			}
			return withinYears(time.UnixMilli(milliseconds).UTC(), wrong)
		}
	}
	text, err := textOf(value)
	if err != nil {
		return time.Time{}, wrong
	}
	at, err := ParseTime(text, zone)
	if err != nil {
		return time.Time{}, wrong
	}
	return withinYears(at, wrong)
}

// withinYears refuses times that RFC 3339 cannot write.
func withinYears(at time.Time, wrong error) (time.Time, error) {
	if !at.IsZero() && (at.Year() < 1970 || at.Year() > 9999) {
		return time.Time{}, wrong
	}
	return at, nil
}
