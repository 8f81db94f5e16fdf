package models

import "time"

const (
	// ReplicaGoneAfter is for how long a live replica may not have been seen: it misses
	// three of its heartbeats, and a little.
	ReplicaGoneAfter = 35 * time.Second
	// ReplicaKept is how long one that is gone is remembered.
	ReplicaKept = 24 * time.Hour
)

// Replica is what one process has said of itself last.
type Replica struct {
	ID          string
	Version     string // of the program
	StartedAt   time.Time
	SeenAt      time.Time // when it said so; the store fills it in
	InFlight    int       // claims that it held
	MaxInFlight int       // and may hold
	Webhook     WebhookHealth
}

// Live reports whether the replica has been seen lately.
func (r Replica) Live(now time.Time) bool { return now.Sub(r.SeenAt) <= ReplicaGoneAfter }
