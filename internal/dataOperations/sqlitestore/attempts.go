package sqlitestore

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"auto-message-sender/internal/models"
)

// entry is one attempt as the column attempts holds it: one JSON object a line, so
// that appending one is a concatenation and needs nothing read.
type entry struct {
	Number     int    `json:"number"`
	StartedAt  int64  `json:"started_at"` // milliseconds
	DurationMS int64  `json:"duration_ms"`
	StatusCode int    `json:"status_code,omitempty"`
	Error      string `json:"error,omitempty"`
	Replica    string `json:"replica,omitempty"`
}

// line returns the attempt as a line, as encoding an entry would give it. JSON has
// no bare line breaks, so a line is an attempt whatever its error says.
func line(attempt models.Attempt) string {
	text := make([]byte, 0, 96+len(attempt.Error)+len(attempt.Replica))
	text = strconv.AppendInt(append(text, `{"number":`...), int64(attempt.Number), 10)
	text = strconv.AppendInt(append(text, `,"started_at":`...), millis(attempt.StartedAt), 10)
	text = strconv.AppendInt(append(text, `,"duration_ms":`...), attempt.Duration.Milliseconds(), 10)
	if attempt.StatusCode != 0 {
		text = strconv.AppendInt(append(text, `,"status_code":`...), int64(attempt.StatusCode), 10)
	}
	if attempt.Error != "" {
		text = appendQuoted(append(text, `,"error":`...), attempt.Error)
	}
	if attempt.Replica != "" {
		text = appendQuoted(append(text, `,"replica":`...), attempt.Replica)
	}
	return string(append(text, '}', '\n'))
}

// appendQuoted quotes text; bytes that are not UTF-8 become U+FFFD, which is the
// only thing that AppendQuote complains of.
func appendQuoted(dst []byte, text string) []byte {
	dst, _ = jsontext.AppendQuote(dst, text)
	return dst
}

// attempts reads the lines. One that somebody broke by hand is left out: the rest
// of the message is worth more than an error.
func attempts(lines string) []models.Attempt {
	var read []models.Attempt
	for text := range strings.Lines(lines) {
		var known entry
		if json.Unmarshal([]byte(text), &known) != nil {
			continue
		}
		read = append(read, models.Attempt{
			Number: known.Number, StartedAt: fromMillis(known.StartedAt),
			Duration:   time.Duration(known.DurationMS) * time.Millisecond,
			StatusCode: known.StatusCode, Error: known.Error, Replica: known.Replica,
		})
	}
	return read
}
