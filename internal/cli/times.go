package cli

import (
	"errors"
	"strings"
	"time"

	"auto-message-sender/internal/cli/importing"
	"auto-message-sender/internal/models"
)

// span is a flag of a duration, which may have days.
type span time.Duration

// String is part of pflag.Value: what help shows as the default.
func (s *span) String() string {
	if *s == 0 {
		return ""
	}
	return time.Duration(*s).String()
}

// Type is part of pflag.Value: what help calls it.
func (s *span) Type() string { return "duration" }

// Set is part of pflag.Value.
func (s *span) Set(text string) error {
	length, err := models.ParseDuration(text)
	if err != nil {
		return errors.New("must be a duration such as 30s, 2m or 1d12h")
	}
	*s = span(length)
	return nil
}

// parseTime reads a time as people write it: RFC 3339, a date and time where they
// are, a date, +2h from now, or -24h ago. Empty is zero.
func (p Process) parseTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		ahead, err := models.ParseDuration(text[1:])
		if err != nil || ahead < 0 {
			return time.Time{}, errors.New("must be as in +2h30m from now, -24h or -2d ago")
		}
		if text[0] == '-' {
			ahead = -ahead
		}
		return p.Now().Add(ahead).UTC().Truncate(time.Second), nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, p.Zone); err == nil {
		return day.UTC(), nil
	}
	at, err := importing.ParseTime(text, p.Zone)
	if err != nil {
		return time.Time{}, errors.New("must be as in 2026-01-02T15:04 (local time), 2026-01-02T15:04:05Z, +2h or -2d")
	}
	return at, nil
}
