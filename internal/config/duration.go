package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"auto-message-sender/internal/models"
)

const day = 24 * time.Hour

// parseDuration reads what time.ParseDuration reads, with days – of 24 hours – in
// front: 90d, 1d12h. Its error does not repeat the text.
func parseDuration(text string) (time.Duration, error) {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "", text
	}
	var whole uint64
	if found {
		var err error
		whole, err = strconv.ParseUint(days, 10, 64)
		if err != nil || whole > uint64(math.MaxInt64/day) {
			return 0, errors.New("not a number of days")
		}
		if rest == "" {
			rest = "0"
		}
		if rest[0] == '+' || rest[0] == '-' {
			return 0, errors.New("a sign within a duration")
		}
	}
	part, err := time.ParseDuration(rest)
	if err != nil {
		return 0, errors.New("not a duration")
	}
	length := time.Duration(whole) * day //nolint:gosec // it is below the limit above
	if part > math.MaxInt64-length {
		return 0, errors.New("too long")
	}
	return length + part, nil
}

// duration allows durations between two bounds, both included.
func duration(shortest, longest time.Duration) rule {
	units := "ms, s, m, h"
	if longest > day {
		units += ", d"
	}
	r := must(fmt.Sprintf("a duration from %s to %s with its unit (%s)", brief(shortest), brief(longest), units), func(text string) bool {
		d, err := parseDuration(text)
		return err == nil && shortest <= d && d <= longest
	})
	r.echo = true
	return r
}

// validity allows 0, or whole seconds up to models.MaxAhead.
func validity() rule {
	r := must(fmt.Sprintf("0, or a duration of whole seconds from 1s to %s with its unit (s, m, h, d)", brief(models.MaxAhead)), func(text string) bool {
		d, err := parseDuration(text)
		return err == nil && 0 <= d && d <= models.MaxAhead && d%time.Second == 0
	})
	r.echo = true
	return r
}

// brief writes a duration without the units that are zero, and more than one day
// in days where they are whole.
func brief(d time.Duration) string {
	if d > day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
