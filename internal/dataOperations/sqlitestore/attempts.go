package sqlitestore

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

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

// line returns the attempt as a line. JSON has no bare line breaks, so a line is
// an attempt whatever its error says.
func line(attempt models.Attempt) (string, error) {
	text, err := json.Marshal(entry{
		Number: attempt.Number, StartedAt: millis(attempt.StartedAt), DurationMS: attempt.Duration.Milliseconds(),
		StatusCode: attempt.StatusCode, Error: attempt.Error, Replica: attempt.Replica,
	})
	if err != nil {
		return "", fmt.Errorf("encode an attempt: %w", err)
	}
	return string(text) + "\n", nil
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
