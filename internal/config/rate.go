package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"auto-message-sender/internal/models"
)

const (
	maxRateRequests = 1_000_000
	maxRatePeriod   = 24 * time.Hour
)

// Rate is a number of requests in a time, written as 100/1m.
type Rate struct {
	Requests int
	Period   time.Duration
}

// String returns the rate as it is written.
func (r Rate) String() string { return fmt.Sprintf("%d/%s", r.Requests, brief(r.Period)) }

// UnmarshalText reads a rate. Its error does not repeat the text.
func (r *Rate) UnmarshalText(text []byte) error {
	requests, period, _ := strings.Cut(string(text), "/")
	n, err := strconv.ParseInt(strings.TrimSpace(requests), 10, 32)
	if err != nil || n < 1 || n > maxRateRequests {
		return errors.New("not a number of requests")
	}
	d, err := models.ParseDuration(strings.TrimSpace(period))
	if err != nil || d < time.Second || d > maxRatePeriod {
		return errors.New("not a time")
	}
	*r = Rate{Requests: int(n), Period: d}
	return nil
}

func rate() rule {
	wants := fmt.Sprintf("requests/time, with 1 to %d requests in 1s to %s", maxRateRequests, brief(maxRatePeriod))
	r := must(wants, func(text string) bool { return new(Rate).UnmarshalText([]byte(text)) == nil })
	r.echo = true
	return r
}
