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
//	priority         0 high, 1 normal, 2 low
//	drawn            bool; false: its next attempt draws from the window
//	attempt_count, retry_count   numbers
//	message_id, error, error_code   strings, missing when there is none
//	claim            {id, owner, lease_ms, at}; stays when it has ended, for a late 2xx
//	attempts         [{number, started_at, duration_ms, status_code, error, replica}]
//
// Users insert documents by hand, so any field may be missing or of another type.
// reader.go reads what is there; only what adopt.go has seen is ever sent.

// newDocument is a message as it is accepted.
func newDocument(m models.Message) bson.M {
	created := inTime(m.CreatedAt)
	return bson.M{
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
}

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
