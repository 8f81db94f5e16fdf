package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"auto-message-sender/internal/faults"
	"auto-message-sender/internal/models"
)

// keyHeader is the header of draft-ietf-httpapi-idempotency-key-header.
const keyHeader = "Idempotency-Key"

// maxKeyLength is that of a client's key, in bytes.
const maxKeyLength = 255

// IdempotencyKey returns the client's key, empty where it sent none.
func IdempotencyKey(header http.Header) (string, error) {
	given := header.Values(keyHeader)
	if len(given) == 0 {
		return "", nil
	}
	problem := "is given more than once"
	if len(given) == 1 {
		if problem = checkKey(given[0]); problem == "" {
			return given[0], nil
		}
	}
	return "", &models.Error{
		Kind: models.KindInvalid, Detail: "the header is not valid",
		Fields: []models.FieldError{{Field: keyHeader, Message: problem}},
	}
}

func checkKey(key string) (problem string) {
	if key == "" || len(key) > maxKeyLength {
		return fmt.Sprintf("must have 1 to %d characters", maxKeyLength)
	}
	for _, char := range []byte(key) {
		if char < ' ' || char > '~' {
			return "must have printable ASCII characters only"
		}
	}
	return ""
}

// acceptOnce stores the message of a request under a client's key. The
// reservation is stored first, and says under which id and as of when; so whoever
// comes with the same key and request – a moment later, at the same time, or after a
// crash between the two writes – stores that one message, or finds it stored, and
// gets the same answer: it is made of request and reservation alone.
func (m *Messages) acceptOnce(ctx context.Context, call AcceptCall, now time.Time) (AcceptAnswer, error) {
	fingerprint, err := fingerprintOf(call.Request)
	if err != nil {
		return AcceptAnswer{}, err
	}
	wanted := models.Reservation{
		Key: ownKey(ctx, call.Key), Fingerprint: fingerprint, MessageID: m.newID(), At: now,
	}
	// Before the key is taken: a request that is refused may be corrected under it.
	_, late := m.intake.message(call.Request, wanted.MessageID, now)
	switch {
	case errors.Is(late, errOverdue):
		// It may repeat one that was in time. What is reserved as of so long ago does
		// not stand: it only tells what does.
		wanted.At = now.Add(-models.ReservationKept - time.Minute)
	case late != nil:
		return AcceptAnswer{}, late
	}
	standing, err := m.store.Reserve(ctx, wanted)
	if err != nil {
		return AcceptAnswer{}, err //nolint:wrapcheck // its kind decides the answer
	}
	if late != nil && standing.MessageID == wanted.MessageID {
		return AcceptAnswer{}, late
	}
	faults.Reached(faults.Reserved)
	if standing.Fingerprint != wanted.Fingerprint {
		return AcceptAnswer{}, Refuse(http.StatusUnprocessableEntity,
			"the "+keyHeader+" was used for another message within the last 24 hours; send a new message under a new key")
	}
	message, err := m.intake.message(call.Request, standing.MessageID, standing.At.UTC())
	if err != nil {
		return AcceptAnswer{}, err
	}
	switch err := m.store.Accept(ctx, message); {
	case err == nil:
		m.accepted(message)
	case models.KindOf(err) != models.KindConflict: // a conflict: it is stored already
		return AcceptAnswer{}, err //nolint:wrapcheck // its kind decides the answer
	}
	return AcceptAnswer{Message: detailed(message), Replayed: standing.MessageID != wanted.MessageID}, nil
}

// ownKey keeps the keys of clients apart.
func ownKey(ctx context.Context, key string) string { return Actor(ctx) + ":" + key }

// fingerprintOf tells requests apart by what they say, however they are written:
// the order of the fields and the space between them do not count.
func fingerprintOf(request AcceptRequest) (string, error) {
	canonical, err := json.Marshal(request)
	if err != nil {
		return "", fmt.Errorf("encode the request: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// keyedID makes the id of a message out of the key that it came under (UUIDv8, RFC
// 9562, 5.8): whoever repeats it, at any time, means the same message.
func keyedID(ownKey string) string {
	sum := sha256.Sum256([]byte(ownKey))
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x80 // version 8
	id[8] = id[8]&0x3f | 0x80 // variant of RFC 9562
	return id.String()
}
