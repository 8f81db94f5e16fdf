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
	Status string `json:"status" enums:"scheduled,pending,sending,sent,failed,canceled,expired" example:"sent"`
	// Who goes first, strictly.
	Priority string `json:"priority" enums:"high,normal,low" example:"normal"`
	// The caller's own id.
	Reference string `json:"reference,omitempty" example:"order-4711"`
	// SMS that the content makes, and how they carry it.
	NumSegments int    `json:"num_segments,omitzero" validate:"optional" example:"1"`
	Encoding    string `json:"encoding,omitempty" enums:"GSM-7,UCS-2" example:"GSM-7"`
	CreatedAt   string `json:"created_at,omitempty" format:"date-time" validate:"required" example:"2026-01-02T15:04:05.000Z"`
	UpdatedAt   string `json:"updated_at,omitempty" format:"date-time" example:"2026-01-02T15:04:06.250Z"`
	// When it is to go out; left out where that was at once.
	SendAt string `json:"send_at,omitempty" format:"date-time" example:"2026-01-03T09:00:00.000Z"`
	// How long after that it may still be sent, in seconds; left out where that is for ever.
	ValidityPeriod int64 `json:"validity_period,omitzero" validate:"optional" example:"3600"`
	// No attempt starts then or later.
	ExpiresAt string `json:"expires_at,omitempty" format:"date-time" example:"2026-01-03T10:00:00.000Z"`
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
	// What the provider says became of it; left out until it says so.
	DeliveryStatus    string `json:"delivery_status,omitempty" enums:"delivered,undelivered" example:"delivered"`
	DeliveredAt       string `json:"delivered_at,omitempty" format:"date-time" example:"2026-01-02T15:04:09.000Z"`
	DeliveryErrorCode string `json:"delivery_error_code,omitempty" example:"30003"`
	// When its recipient and content were erased.
	ErasedAt string `json:"erased_at,omitempty" format:"date-time" example:"2026-02-02T15:04:05.000Z"`
	// Left out in lists.
	Attempts []Attempt `json:"attempts,omitzero" validate:"optional"`
	Outlook
} //	@name	Message

// Outlook is what a GET of one message tells beside it while it waits.
type Outlook struct {
	// Its place in the queue, counted up to 10000; "10000+" beyond.
	Position string `json:"position,omitempty" example:"12"`
	// When it is likely to be sent, by the backlog and the pace. Retries of others are not counted in.
	EstimatedSendAt string `json:"estimated_send_at,omitempty" format:"date-time" example:"2026-01-02T15:14:05.000Z"`
	// Why there is no estimate, or what it does not know of.
	Note string `json:"note,omitempty" example:"the scheduler is stopped"`
}

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
		ID:                message.ID.Text,
		To:                message.To,
		Content:           message.Content,
		Status:            string(message.Status),
		Priority:          priorityName(message.Priority),
		Reference:         message.Reference,
		NumSegments:       message.NumSegments,
		Encoding:          string(message.Encoding),
		CreatedAt:         timestamp(message.CreatedAt),
		UpdatedAt:         timestamp(message.UpdatedAt),
		SendAt:            timestamp(message.SendAt),
		ValidityPeriod:    int64(message.Validity / time.Second),
		ExpiresAt:         timestamp(message.ExpiresAt),
		NextAttemptAt:     timestamp(message.NextAttemptAt),
		SentAt:            timestamp(message.SentAt),
		FailedAt:          timestamp(message.FailedAt),
		MessageID:         message.MessageID,
		RetryCount:        message.RetryCount,
		AttemptCount:      message.AttemptCount,
		Error:             message.Error,
		ErrorCode:         message.ErrorCode,
		DeliveryStatus:    string(message.Delivery.Status),
		DeliveredAt:       timestamp(message.Delivery.At),
		DeliveryErrorCode: message.Delivery.ErrorCode,
		ErasedAt:          timestamp(message.ErasedAt),
	}
}

// priorityName is the priority as clients write it. A row inserted by hand may
// have any number.
func priorityName(priority models.Priority) string {
	switch {
	case priority <= models.PriorityHigh:
		return "high"
	case priority >= models.PriorityLow:
		return "low"
	}
	return "normal"
}

// priorityOf is the opposite; nothing said means normal.
func priorityOf(name string) (priority models.Priority, known bool) {
	switch name {
	case "high":
		return models.PriorityHigh, true
	case "normal", "":
		return models.PriorityNormal, true
	case "low":
		return models.PriorityLow, true
	}
	return 0, false
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
