package handlers

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"auto-message-sender/internal/models"
)

// maxCursorLength bounds a cursor, in bytes: twice what the longest id makes.
const maxCursorLength = 2048

// wireCursor is a cursor as it travels: opaque to clients, and of use only with
// the filter that it was made for.
type wireCursor struct {
	Filter []byte `json:"f"` // what tells the filter apart
	At     int64  `json:"a"` // Unix time in milliseconds
	Tie    []byte `json:"t"` // may be no UTF-8
}

// encodeCursor returns the cursor as text for a query.
func encodeCursor(cursor models.Cursor, filter models.Filter) (string, error) {
	text, err := json.Marshal(wireCursor{Filter: digest(filter), At: cursor.At.UnixMilli(), Tie: []byte(cursor.Tie)})
	if err != nil {
		return "", fmt.Errorf("encode a cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(text), nil
}

// decodeCursor is the opposite; the empty text is the beginning. problem says what
// is wrong with a text that was not made for this filter, or by nobody here.
func decodeCursor(text string, filter models.Filter) (cursor models.Cursor, problem string) {
	const unknown = "is no cursor of this API; use next_cursor as it was given"
	if text == "" {
		return models.Cursor{}, ""
	}
	if len(text) > maxCursorLength {
		return models.Cursor{}, unknown
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return models.Cursor{}, unknown
	}
	var wire wireCursor
	if err := json.Unmarshal(raw, &wire, json.RejectUnknownMembers(true)); err != nil {
		return models.Cursor{}, unknown
	}
	at := time.UnixMilli(wire.At).UTC()
	if at.Year() < 1 || at.Year() > 9999 || len(wire.Tie) == 0 {
		return models.Cursor{}, unknown
	}
	if string(wire.Filter) != string(digest(filter)) {
		return models.Cursor{}, "belongs to another filter; repeat the filter that it was given for, or begin without it"
	}
	return models.Cursor{At: at, Tie: string(wire.Tie)}, ""
}

// digest tells filters apart: by chance alone, two in 2^64 have the same.
func digest(filter models.Filter) []byte {
	const layout = time.RFC3339Nano
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %s %s %s %s %s %s",
		filter.Status, filter.To, filter.Reference, filter.MessageID,
		filter.CreatedAfter.UTC().Format(layout), filter.CreatedBefore.UTC().Format(layout),
		filter.SentAfter.UTC().Format(layout), filter.SentBefore.UTC().Format(layout),
		filter.FailedAfter.UTC().Format(layout), filter.FailedBefore.UTC().Format(layout)))
	return sum[:8]
}
