package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"auto-message-sender/internal/models"
)

// duration allows durations between two bounds, both included.
func duration(shortest, longest time.Duration) rule {
	return durationOf("a duration", time.Nanosecond, shortest, longest)
}

// milliseconds allows likewise what can be stored, and what the API takes.
func milliseconds(shortest, longest time.Duration) rule {
	return durationOf("a duration of whole milliseconds", time.Millisecond, shortest, longest)
}

func durationOf(what string, unit, shortest, longest time.Duration) rule {
	units := "ms, s, m, h"
	if longest > models.Day {
		units += ", d"
	}
	r := must(fmt.Sprintf("%s from %s to %s with its unit (%s)", what, brief(shortest), brief(longest), units), func(text string) bool {
		d, err := models.ParseDuration(text)
		return err == nil && shortest <= d && d <= longest && d%unit == 0
	})
	r.echo = true
	return r
}

// validity allows 0, or whole seconds up to models.MaxAhead.
func validity() rule {
	r := must(fmt.Sprintf("0, or a duration of whole seconds from 1s to %s with its unit (s, m, h, d)", brief(models.MaxAhead)), func(text string) bool {
		d, err := models.ParseDuration(text)
		return err == nil && 0 <= d && d <= models.MaxAhead && d%time.Second == 0
	})
	r.echo = true
	return r
}

// brief writes a duration without the units that are zero, and more than one day
// in days where they are whole.
func brief(d time.Duration) string {
	if d > models.Day && d%models.Day == 0 {
		return strconv.FormatInt(int64(d/models.Day), 10) + "d"
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
