package mongostore

import (
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"auto-message-sender/internal/models"
)

// The documents of the collection messages:
//
//	_id              string or ObjectID
//	to, content      strings
//	status           string
//	created_at, updated_at, sent_at, failed_at   dates; missing: has not happened
//	next_attempt_at  date; missing: final, or inserted by hand and not yet adopted
//	send_at, expires_at   dates; missing: at once, never
//	validity_period  number, seconds; a person's retry counts expires_at anew by it
//	ended_at         date; when it became canceled or expired
//	erased_at        date; to, content and every error text went then
//	priority         0 high, 1 normal, 2 low
//	drawn            bool; false: its next attempt draws from the window
//	attempt_count, retry_count, prior_attempts, num_segments   numbers
//	reference, encoding, message_id, error, error_code   strings, missing when there is none
//	delivery_status, delivery_error_code   strings; delivered_at  date
//	claim            {id, owner, lease_ms, at}; stays when it has ended, for a late 2xx
//	attempts         [{number, started_at, duration_ms, status_code, error, replica}]
//	changed_by       string; the call that made a change of which only the call that
//	                 made it may tell: see mark.go
//
// Users insert documents by hand, so any field may be missing or of another type.
// reader.go reads what is there; only what adopt.go has seen is ever sent.

// newDocument is a message as it is accepted at now: scheduled where its time has
// yet to come, and otherwise pending.
func newDocument(m models.Message, now time.Time) bson.M {
	created := inTime(m.CreatedAt)
	document := bson.M{
		"_id":             key(m.ID),
		"to":              m.To,
		"content":         m.Content,
		"status":          pending,
		"priority":        int32(m.Priority), //nolint:gosec // one of three small numbers
		"created_at":      created,
		"updated_at":      created,
		"next_attempt_at": created,
		"drawn":           false,
		"attempt_count":   int32(0),
		"retry_count":     int32(0),
	}
	if m.NumSegments != 0 {
		document["num_segments"] = int64(m.NumSegments)
	}
	if m.Validity > 0 {
		document["validity_period"] = seconds(m.Validity)
	}
	for field, text := range map[string]string{"encoding": string(m.Encoding), "reference": m.Reference} {
		if text != "" {
			document[field] = text
		}
	}
	if !m.ExpiresAt.IsZero() {
		document["expires_at"] = inTime(m.ExpiresAt)
	}
	if !m.SendAt.IsZero() {
		at := inTime(m.SendAt)
		document["send_at"], document["next_attempt_at"] = at, at
		if at.After(now) {
			document["status"] = scheduled
		}
	}
	return document
}

// seconds is a validity as it is stored.
func seconds(validity time.Duration) int64 { return int64(validity / time.Second) }

// attemptDocument is one entry of attempts. Texts come from the network, and only
// valid UTF-8 can be stored.
func attemptDocument(a models.Attempt) bson.M {
	document := bson.M{
		"number":      int64(a.Number),
		"started_at":  inTime(a.StartedAt),
		"duration_ms": a.Duration.Milliseconds(),
		"status_code": int64(a.StatusCode),
		"replica":     a.Replica,
	}
	if a.Error != "" {
		document["error"] = valid(a.Error)
	}
	return document
}

// sameAttempt reports whether stored is what attemptDocument made of a.
func sameAttempt(stored, a models.Attempt) bool {
	return stored.Number == a.Number &&
		stored.StartedAt.Equal(inTime(a.StartedAt)) &&
		stored.Duration == a.Duration.Truncate(time.Millisecond) &&
		stored.StatusCode == a.StatusCode &&
		stored.Error == valid(a.Error) &&
		stored.Replica == a.Replica
}

// claimDocument is the claim of a message at the moment it is made.
func claimDocument(claimID, owner string, lease time.Duration, at time.Time) bson.M {
	return bson.M{"id": claimID, "owner": owner, "lease_ms": lease.Milliseconds(), "at": at}
}

// valid replaces what is no UTF-8.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// fields turns names into an operand of $unset.
func fields(names ...string) bson.M {
	operand := bson.M{}
	for _, name := range names {
		operand[name] = ""
	}
	return operand
}
