package mongostore

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"auto-message-sender/internal/models"
)

// decodeMessage reads a message, as far as it can be read.
func decodeMessage(document bson.Raw) models.Message {
	return (&reader{document: document}).message()
}

// message reads a message, and notes what cannot be read.
func (r *reader) message() models.Message {
	id, _ := identify(r.document.Lookup("_id"))
	message := models.Message{
		ID:            id,
		To:            r.text("to"),
		Content:       r.text("content"),
		Status:        models.Status(r.text("status")),
		Priority:      models.PriorityNormal,
		Reference:     r.text("reference"),
		NumSegments:   int(r.number("num_segments")),
		Encoding:      models.Encoding(r.text("encoding")),
		SendAt:        r.moment("send_at"),
		Validity:      r.validity(),
		ExpiresAt:     r.moment("expires_at"),
		CreatedAt:     r.moment("created_at"),
		UpdatedAt:     r.moment("updated_at"),
		NextAttemptAt: r.moment("next_attempt_at"),
		SentAt:        r.moment("sent_at"),
		FailedAt:      r.moment("failed_at"),
		ErasedAt:      r.moment("erased_at"),
		MessageID:     r.text("message_id"),
		Error:         r.text("error"),
		ErrorCode:     r.text("error_code"),
		AttemptCount:  int(r.number("attempt_count")),
		RetryCount:    int(r.number("retry_count")),
		PriorAttempts: int(r.number("prior_attempts")),
		Delivery: models.Delivery{
			Status:    models.DeliveryStatus(r.text("delivery_status")),
			At:        r.moment("delivered_at"),
			ErrorCode: r.text("delivery_error_code"),
		},
	}
	if priority, ok := r.priority(); ok {
		message.Priority = priority
	}
	for _, attempt := range r.list("attempts") {
		message.Attempts = append(message.Attempts, decodeAttempt(attempt))
	}
	return message
}

// decodeAttempt reads one entry of attempts.
func decodeAttempt(document bson.Raw) models.Attempt {
	r := &reader{document: document}
	return models.Attempt{
		Number:     int(r.number("number")),
		StartedAt:  r.moment("started_at"),
		Duration:   time.Duration(r.number("duration_ms")) * time.Millisecond,
		StatusCode: int(r.number("status_code")),
		Error:      r.text("error"),
		Replica:    r.text("replica"),
	}
}

// decodeClaim reads the claim of a message.
func decodeClaim(document bson.Raw) (claim models.Claim, at time.Time) {
	r := &reader{document: document}
	id, _ := identify(document.Lookup("_id"))
	return models.Claim{
		ID:      id,
		ClaimID: r.text("claim.id"),
		Owner:   r.text("claim.owner"),
		Lease:   time.Duration(r.number("claim.lease_ms")) * time.Millisecond,
	}, r.moment("claim.at")
}
