package models

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// Day is a day of 24 hours.
const Day = 24 * time.Hour

// ParseDuration reads what time.ParseDuration reads, with days – of 24 hours – in
// front: 90d, 1d12h. Its error does not repeat the text.
func ParseDuration(text string) (time.Duration, error) {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "", text
	}
	var whole uint64
	if found {
		var err error
		whole, err = strconv.ParseUint(days, 10, 64)
		if err != nil || whole > uint64(math.MaxInt64/Day) {
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
	length := time.Duration(whole) * Day //nolint:gosec // it is below the limit above
	if part > math.MaxInt64-length {
		return 0, errors.New("too long")
	}
	return length + part, nil
}
