package models

// Status is where a message stands. The reference's pending, sent and failed
// keep their meaning; the others are ours.
type Status string

// The seven statuses a message can have.
const (
	// StatusScheduled waits for its send time.
	StatusScheduled Status = "scheduled"
	// StatusPending is due, or waits for its next attempt.
	StatusPending Status = "pending"
	// StatusSending is claimed by a replica under a lease.
	StatusSending Status = "sending"
	// StatusSent was taken by the webhook with a 2xx. Final.
	StatusSent Status = "sent"
	// StatusFailed was refused for good, ran out of attempts, is invalid, or is held.
	StatusFailed Status = "failed"
	// StatusCanceled was called off while no claim stood. Final, but for the late
	// 2xx of a claim that was rescued before.
	StatusCanceled Status = "canceled"
	// StatusExpired was not sent within its validity.
	StatusExpired Status = "expired"
)

// Statuses lists every status in the order of a message's way.
func Statuses() []Status {
	return []Status{
		StatusScheduled, StatusPending, StatusSending, StatusSent,
		StatusFailed, StatusCanceled, StatusExpired,
	}
}

// CanBecome reports whether a message may go from s to the status given. The
// conformance suite holds both stores to this table.
func (s Status) CanBecome(to Status) bool {
	switch s {
	case StatusScheduled:
		return to == StatusPending || to == StatusCanceled || to == StatusExpired
	case StatusPending:
		// sent: the late 2xx of a claim that was rescued in between.
		// failed: found invalid when adopted.
		return to == StatusSending || to == StatusCanceled || to == StatusExpired ||
			to == StatusFailed || to == StatusSent
	case StatusSending:
		return to == StatusSent || to == StatusPending || to == StatusFailed
	case StatusFailed:
		// sent: the late 2xx of a message that was held.
		return to == StatusPending || to == StatusSent
	case StatusExpired:
		// pending: a person's retry. sent: as below.
		return to == StatusPending || to == StatusSent
	case StatusCanceled:
		// The late 2xx of a claim that was rescued before: it did go out.
		return to == StatusSent
	case StatusSent:
		return false
	}
	return false
}

// Sources lists the statuses from which a message may become s: what a store
// puts into the condition of an update.
func (s Status) Sources() []Status {
	var from []Status
	for _, candidate := range Statuses() {
		if candidate.CanBecome(s) {
			from = append(from, candidate)
		}
	}
	return from
}
