package cli

import (
	"errors"
	"strings"
	"time"

	"auto-message-sender/internal/cli/importing"
)

// parseTime reads a time as people write it: RFC 3339, a date and time where they
// are, a date, +2h from now, or -24h ago. Empty is zero.
func (p Process) parseTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		ahead, err := time.ParseDuration(text)
		if err != nil {
			return time.Time{}, errors.New("must be as in +2h30m from now, or -24h ago")
		}
		return p.Now().Add(ahead).UTC().Truncate(time.Second), nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, p.Zone); err == nil {
		return day.UTC(), nil
	}
	at, err := importing.ParseTime(text, p.Zone)
	if err != nil {
		return time.Time{}, errors.New("must be as in 2026-01-02T15:04 (local time), 2026-01-02T15:04:05Z, +2h or -24h")
	}
	return at, nil
}
