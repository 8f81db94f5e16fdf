//go:build !faults || !linux

package faults

import "time"

// Reached says that the point has been reached. Without the tag faults, and
// elsewhere than on Linux: nothing.
func Reached(string) {}

// Clock returns the clock that the process is to go by. Without the tag faults:
// the one given.
func Clock(now func() time.Time) func() time.Time { return now }
