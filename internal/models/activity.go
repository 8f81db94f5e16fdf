package models

import "time"

// Minute is what happened in one minute.
type Minute struct {
	At   time.Time // its beginning, UTC
	Sent int64
	// Failed counts messages that became failed, not attempts.
	Failed int64
}
