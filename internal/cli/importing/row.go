package importing

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"auto-message-sender/internal/models"
)

// Columns are the names that a message's fields have in every format.
func Columns() []string {
	return []string{"to", "content", "priority", "send_at", "validity_period", "reference"}
}

// limitColumns stand in what is exported, and say what may not be sent, or not later.
func limitColumns() []string { return []string{"status", "expires_at", "erased_at"} }

// ownColumns stand in files of refusals, and are passed over.
func ownColumns() []string { return []string{"line", "reason", "unreadable"} }

// Row is what one line of a file says.
type Row struct {
	To        string
	Content   string
	Priority  string // high, normal or low
	SendAt    time.Time
	Validity  time.Duration // in whole seconds; 0: the server's default
	ExpiresAt time.Time     // of a message that was exported, or a document of MongoDB; zero: never
	Reference string
}

// Item is one message of a file, good or bad.
type Item struct {
	Line int64 // from 1; in a JSON array, which of its elements
	Row  Row
	// Fault says what is wrong with it; empty: nothing.
	Fault string
	// Skip is a document that is not to be sent, such as one that was sent before, or
	// a message that was erased.
	Skip bool
	// Final says that it is skipped for its status.
	Final bool
	// Raw is the text of the line, without its end; it is valid until the next item.
	Raw []byte
}

// fields are a row as text, before they are understood.
type fields struct {
	to, content, priority, sendAt, validity, reference string
	status, expiresAt, erasedAt                        string // of an exported message
}

// understand fills the item in from the fields. What was erased has nothing to send;
// what has come to its end, or is being sent, is not sent again unless that is asked for.
func (i *Item) understand(f fields, options Options) {
	erased := strings.TrimSpace(f.erasedAt) != ""
	i.Final = !erased && !options.Again && !waits(f.status)
	if i.Skip = erased || i.Final; i.Skip {
		return
	}
	row, err := f.row(options.Zone)
	if err != nil {
		i.Fault = err.Error()
	}
	i.Row = row
}

// waits tells whether a message of that status is still to be sent; one without, too.
func waits(status string) bool {
	return slices.Contains([]string{"", "pending", "scheduled"}, strings.ToLower(strings.TrimSpace(status)))
}

// row understands the fields. Times without a zone are in the zone given.
func (f fields) row(zone *time.Location) (Row, error) {
	row := Row{To: compactNumber(f.to), Content: f.content, Reference: strings.TrimSpace(f.reference)}
	var faults []string
	fault := func(field string, err error) { faults = append(faults, field+" "+err.Error()) }
	for _, text := range []string{f.to, f.content, f.reference} {
		if !utf8.ValidString(text) {
			return Row{}, errors.New("the line is not UTF-8; save the file as UTF-8")
		}
	}
	if row.To == "" {
		fault("to", errors.New("is required, for example +905551234567"))
	}
	if row.Content == "" {
		fault("content", errors.New("is required"))
	}
	var err error
	if row.Priority, err = parsePriority(f.priority); err != nil {
		fault("priority", err)
	}
	if row.SendAt, err = parseTime(f.sendAt, zone); err != nil {
		fault("send_at", err)
	}
	if row.Validity, err = ParseValidity(f.validity); err != nil {
		fault("validity_period", err)
	}
	if row.Validity == 0 { // which says it better: it counts anew
		if row.ExpiresAt, err = parseTime(f.expiresAt, zone); err != nil {
			fault("expires_at", err)
		}
	}
	if len(faults) > 0 {
		return Row{}, errors.New(strings.Join(faults, "; "))
	}
	return row, nil
}

// compactNumber leaves out what people put between digits, so that +90 555 123 and
// +90555123 are one recipient to the counting of equal lines. Whether it is a number
// is for the server to say.
func compactNumber(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\u00a0', '-', '(', ')', '.':
			return -1
		}
		return r
	}, text)
}

func parsePriority(text string) (string, error) {
	switch name := strings.ToLower(strings.TrimSpace(text)); name {
	case "":
		return "normal", nil
	case "high", "normal", "low":
		return name, nil
	}
	return "", errors.New("must be high, normal or low")
}

// timeLayouts are the forms of a time without a zone.
func timeLayouts() []string {
	return []string{"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02 15:04:05"}
}

// parseTime takes no time relative to now: another run would make another line of it.
func parseTime(text string, zone *time.Location) (time.Time, error) {
	at, err := ParseTime(text, zone)
	if err == nil && !at.IsZero() && (at.Year() < 1970 || at.Year() > 9999) {
		err = errors.New("is not a year that anything is sent in")
	}
	return at, err
}

// ParseTime reads RFC 3339, or a date and time in the zone given; empty is zero.
func ParseTime(text string, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at.UTC(), nil
	}
	for _, layout := range timeLayouts() {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, errors.New("must be a time such as 2026-01-02T15:04 (local) or 2026-01-02T15:04:05Z")
}

// ParseValidity reads whole seconds, as 3600, 1h or 1d; empty is 0.
func ParseValidity(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	const most = 366 * 24 * 60 * 60 // the server's limit, roughly: what is more would overflow
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && seconds >= 1 && seconds <= most {
		return time.Duration(seconds) * time.Second, nil
	}
	period, err := models.ParseDuration(text)
	if err != nil || period < time.Second || period > most*time.Second || period%time.Second != 0 {
		return 0, fmt.Errorf("must be whole seconds from 1 to %d, such as 3600, 1h or 1d", most)
	}
	return period, nil
}
