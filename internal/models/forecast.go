package models

import (
	"math"
	"time"
)

// Forecast is when something is likely to happen. Where nobody can tell, At is the
// zero time and Note says why.
type Forecast struct {
	At   time.Time
	Note string
}

// ForecastDraw returns the turn of the place-th message in the queue, from 1: when it is
// drawn from a window, if all before it are drawn before, and none before soonest: now, or
// when the webhook may be asked again. perMinute is how many messages were sent a minute
// lately; it counts where the pace has no cap. Retries, which draw nothing, and failures
// of the webhook that are yet to come are left out of account.
func (s Scheduler) ForecastDraw(place int64, soonest time.Time, perMinute float64) Forecast {
	if !s.Running || s.Interval <= 0 {
		return Forecast{Note: "the scheduler is stopped"}
	}
	if s.PerWindow == 0 && place > 1 && perMinute <= 0 {
		return Forecast{Note: "nothing was sent lately, so no rate is known"}
	}
	if s.PerWindow == 0 {
		return after(soonest, float64(place-1)*ratio(float64(time.Minute), perMinute))
	}
	turned, _ := s.Turn(soonest) // a window that is due by then opens
	behind := place - int64(turned.WindowRemaining)
	if behind <= 0 {
		return Forecast{At: soonest}
	}
	windows := (behind - 1) / int64(s.PerWindow) // after the next one
	return after(turned.NextWindowAt, float64(windows)*float64(s.Interval))
}

// PerMinute is how many first attempts the pace allows in a minute; 0: no cap.
func (p Pace) PerMinute() float64 {
	return ratio(float64(p.PerWindow)*float64(time.Minute), float64(p.Interval))
}

// ratio is 0 where there is nothing to divide by: no rate is known.
func ratio(dividend, divisor float64) float64 {
	if divisor <= 0 {
		return 0
	}
	return dividend / divisor
}

// after adds nanoseconds, as far as a Duration goes: some 290 years.
func after(at time.Time, nanoseconds float64) Forecast {
	if nanoseconds >= math.MaxInt64 {
		return Forecast{Note: "it takes longer than can be told"}
	}
	return Forecast{At: at.Add(time.Duration(nanoseconds))}
}
