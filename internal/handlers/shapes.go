package handlers

import (
	"time"

	"auto-message-sender/internal/models"
)

// timeLayout is RFC 3339 with exactly milliseconds; times are in UTC.
const timeLayout = "2006-01-02T15:04:05.000Z"

// timestamp returns the time as clients see it, empty for one that has not come.
func timestamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(timeLayout)
}

// Message is a message as clients see it. A time that has not come is left out.
type Message struct {
	ID      string `json:"id" example:"019a2f6e-7a53-7cc0-9d6e-2f0d5b1c4a10"`
	To      string `json:"to" example:"+905551234567"`
	Content string `json:"content" example:"Your order is on its way."`
	// Where the message stands.
	Status    string `json:"status" enums:"scheduled,pending,sending,sent,failed,canceled,expired" example:"sent"`
	CreatedAt string `json:"created_at" format:"date-time" example:"2026-01-02T15:04:05.000Z"`
	UpdatedAt string `json:"updated_at,omitempty" format:"date-time" example:"2026-01-02T15:04:06.250Z"`
	// When it is, or was last, due. Only while it waits.
	NextAttemptAt string `json:"next_attempt_at,omitempty" format:"date-time" example:"2026-01-02T15:04:05.000Z"`
	SentAt        string `json:"sent_at,omitempty" format:"date-time" example:"2026-01-02T15:04:06.250Z"`
	FailedAt      string `json:"failed_at,omitempty" format:"date-time" example:"2026-01-02T15:04:06.250Z"`
	// The provider's id, once it has given one.
	MessageID string `json:"message_id" example:"67f2f8a8-ea58-4ed0-a6f9-ff217df4d849"`
	// Attempts that failed: 0 when the first one succeeds.
	RetryCount int `json:"retry_count" example:"0"`
	// Attempts begun.
	AttemptCount int `json:"attempt_count" example:"1"`
	// The last error, in words.
	Error string `json:"error,omitempty" example:"the webhook answered 503"`
	// The last error: http_<status>, unreachable, timeout, connection_lost, invalid, outcome_unknown or attempts_exhausted.
	ErrorCode string `json:"error_code,omitempty" example:"http_503"`
	// Left out in lists.
	Attempts []Attempt `json:"attempts,omitzero" validate:"optional"`
} //	@name	Message

// CreatedID is the last part of the message's path.
func (m Message) CreatedID() string { return m.ID }

// Attempt is one try at the webhook, as clients see it.
type Attempt struct {
	Number     int    `json:"number" example:"1"`
	StartedAt  string `json:"started_at" format:"date-time" example:"2026-01-02T15:04:05.950Z"`
	DurationMS int64  `json:"duration_ms" example:"300"`
	// Left out when no answer came.
	StatusCode int `json:"status_code,omitzero" validate:"optional" example:"202"`
	// Left out when the attempt succeeded.
	Error string `json:"error,omitempty" example:"the webhook answered 503"`
	// Which process made it.
	Replica string `json:"replica" example:"sender-1"`
} //	@name	Attempt

// summary returns the message as it appears in lists.
func summary(message models.Message) Message {
	return Message{
		ID:            message.ID.Text,
		To:            message.To,
		Content:       message.Content,
		Status:        string(message.Status),
		CreatedAt:     timestamp(message.CreatedAt),
		UpdatedAt:     timestamp(message.UpdatedAt),
		NextAttemptAt: timestamp(message.NextAttemptAt),
		SentAt:        timestamp(message.SentAt),
		FailedAt:      timestamp(message.FailedAt),
		MessageID:     message.MessageID,
		RetryCount:    message.RetryCount,
		AttemptCount:  message.AttemptCount,
		Error:         message.Error,
		ErrorCode:     message.ErrorCode,
	}
}

// detailed returns the message with its attempts: an empty list where there
// were none yet.
func detailed(message models.Message) Message {
	shown := summary(message)
	shown.Attempts = make([]Attempt, 0, len(message.Attempts))
	for _, attempt := range message.Attempts {
		shown.Attempts = append(shown.Attempts, Attempt{
			Number:     attempt.Number,
			StartedAt:  timestamp(attempt.StartedAt),
			DurationMS: attempt.Duration.Milliseconds(),
			StatusCode: attempt.StatusCode,
			Error:      attempt.Error,
			Replica:    attempt.Replica,
		})
	}
	return shown
}
