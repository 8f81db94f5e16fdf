package migrate

import (
	"encoding/json"
	"fmt"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// The canonical forms: every field, in one order, times in milliseconds since 1970 and
// null where they have not come, durations in milliseconds. Records that both stores
// give the same form are the same.

type canonicalMessage struct {
	ID          string
	ObjectID    bool
	To, Content string
	Status      models.Status
	Priority    models.Priority

	Reference   string
	NumSegments int
	Encoding    models.Encoding

	CreatedAt, UpdatedAt, SendAt, ExpiresAt, NextAttemptAt, SentAt, FailedAt, ErasedAt *int64

	Validity                                int64
	MessageID, Error, ErrorCode             string
	AttemptCount, RetryCount, PriorAttempts int
	Attempts                                []canonicalAttempt

	DeliveryStatus models.DeliveryStatus
	DeliveredAt    *int64
	DeliveryError  string

	Inspected, Drawn    bool
	ClaimID, ClaimOwner string
	ClaimLease          int64
	ClaimAt             *int64
	Extra               string
}

type canonicalAttempt struct {
	Number     int
	StartedAt  *int64
	Duration   int64
	StatusCode int
	Error      string
	Replica    string
}

func message(m dataoperations.ArchivedMessage) canonicalMessage {
	m = m.Normal()
	attempts := make([]canonicalAttempt, 0, len(m.Attempts))
	for _, a := range m.Attempts {
		attempts = append(attempts, canonicalAttempt{a.Number, at(a.StartedAt), a.Duration.Milliseconds(), a.StatusCode, a.Error, a.Replica})
	}
	return canonicalMessage{
		ID: m.ID.Text, ObjectID: m.ID.ObjectID, To: m.To, Content: m.Content, Status: m.Status, Priority: m.Priority,
		Reference: m.Reference, NumSegments: m.NumSegments, Encoding: m.Encoding,
		CreatedAt: at(m.CreatedAt), UpdatedAt: at(m.UpdatedAt), SendAt: at(m.SendAt), ExpiresAt: at(m.ExpiresAt),
		NextAttemptAt: at(m.NextAttemptAt), SentAt: at(m.SentAt), FailedAt: at(m.FailedAt), ErasedAt: at(m.ErasedAt),
		Validity: m.Validity.Milliseconds(), MessageID: m.MessageID, Error: m.Error, ErrorCode: m.ErrorCode,
		AttemptCount: m.AttemptCount, RetryCount: m.RetryCount, PriorAttempts: m.PriorAttempts, Attempts: attempts,
		DeliveryStatus: m.Delivery.Status, DeliveredAt: at(m.Delivery.At), DeliveryError: m.Delivery.ErrorCode,
		Inspected: m.Inspected, Drawn: m.Drawn,
		ClaimID: m.Claim.ID, ClaimOwner: m.Claim.Owner, ClaimLease: m.Claim.Lease.Milliseconds(), ClaimAt: at(m.Claim.At),
		Extra: m.Extra,
	}
}

type canonicalLog struct {
	ID, Action, StartID     string
	ObjectID, StartObjectID bool
	Timestamp, CreatedAt    *int64
	Actor, Replica, Reason  string
	Extra                   string
}

func log(l dataoperations.ArchivedLog) canonicalLog {
	return canonicalLog{
		ID: l.ID, Action: string(l.Action), StartID: l.StartID, ObjectID: l.ObjectID, StartObjectID: l.StartObjectID,
		Timestamp: at(l.Timestamp), CreatedAt: at(l.CreatedAt), Actor: l.Actor, Replica: l.Replica, Reason: l.Reason, Extra: l.Extra,
	}
}

type canonicalReservation struct {
	Key, Fingerprint, MessageID string
	At                          *int64
}

func reservation(r models.Reservation) canonicalReservation {
	return canonicalReservation{r.Key, r.Fingerprint, r.MessageID, at(r.At)}
}

// canonicalPacing leaves out whether it runs: a target never does.
type canonicalPacing struct {
	StartID                string
	StartedAt              *int64
	Interval               int64
	PerWindow              int
	WindowSeq              int64
	HasEnvironment         bool
	EnvironmentInterval    int64
	EnvironmentMessagesPer int
}

func pacing(p dataoperations.ArchivedScheduler) canonicalPacing {
	form := canonicalPacing{
		StartID: p.StartID, StartedAt: at(p.StartedAt), Interval: p.Interval.Milliseconds(), PerWindow: p.PerWindow, WindowSeq: p.WindowSeq,
	}
	if p.Environment != nil {
		form.HasEnvironment = true
		form.EnvironmentInterval, form.EnvironmentMessagesPer = p.Environment.Interval.Milliseconds(), p.Environment.PerWindow
	}
	return form
}

// at is a time in a canonical form.
func at(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

// canonical returns the bytes of a canonical form.
func canonical(form any) ([]byte, error) {
	text, err := json.Marshal(form)
	if err != nil {
		return nil, fmt.Errorf("write a record in its canonical form: %w", err)
	}
	return text, nil
}
