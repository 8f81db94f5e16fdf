package models

import "time"

// Reservation ties a client's Idempotency-Key to the message that was, or will be,
// accepted under it. It is stored before the message: whoever repeats the request
// after a crash in between completes it, under the same id.
type Reservation struct {
	Key         string // with the name of whose it is, so that clients' keys never meet
	Fingerprint string // of the request: another one under the same key is refused
	MessageID   string // the id of the message
	At          time.Time
}

// ReservationKept is how long a key is remembered.
const ReservationKept = 24 * time.Hour
