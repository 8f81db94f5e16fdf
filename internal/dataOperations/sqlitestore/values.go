package sqlitestore

import (
	"database/sql/driver"
	"math"
	"time"

	"auto-message-sender/internal/models"
)

// The file holds times as milliseconds since 1970, UTC, and no time as NULL. What
// a person put in may be of any type, so reading tolerates every type; adopt is
// where types are judged.

// millis returns t as the file holds it.
func millis(t time.Time) int64 { return t.UnixMilli() }

// fromMillis returns the time that the file holds.
func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// timeOrNull returns t as the file holds it, NULL for the zero time.
func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return millis(t)
}

// textOrNull returns NULL for an empty text.
func textOrNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// asText returns a value that should be text.
func asText(value driver.Value) string {
	switch value := value.(type) {
	case string:
		return value
	case []byte:
		return string(value)
	}
	return ""
}

// asInt returns a value that should be an integer.
func asInt(value driver.Value) int64 {
	switch value := value.(type) {
	case int64:
		return value
	case float64:
		return int64(value)
	}
	return 0
}

// asSeconds returns a value that should be whole seconds, 0 for any that is not.
func asSeconds(value driver.Value) time.Duration {
	seconds, ok := value.(int64)
	if !ok || seconds < 1 || seconds > int64(models.MaxAhead/time.Second) {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// asTime returns a value that should be a time, the zero time for any that is not.
func asTime(value driver.Value) time.Time {
	t, _ := parseTime(value)
	return t
}

// parseTime returns the time that a value tells: milliseconds, or ISO 8601 as
// SQLite's date functions write it, where a missing zone means UTC. A year that
// RFC 3339 cannot tell is no time.
func parseTime(value driver.Value) (t time.Time, ok bool) {
	switch value := value.(type) {
	case int64:
		return tellable(fromMillis(value))
	case float64:
		if math.Abs(value) > math.MaxInt64/2 || math.IsNaN(value) {
			return time.Time{}, false
		}
		return tellable(fromMillis(int64(value)))
	case string:
		for _, layout := range []string{
			time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04",
			"2006-01-02 15:04:05Z07:00", time.DateTime, "2006-01-02 15:04", time.DateOnly,
		} {
			if t, err := time.Parse(layout, value); err == nil {
				return tellable(fromMillis(millis(t)))
			}
		}
	}
	return time.Time{}, false
}

// tellable reports whether the API can tell the time.
func tellable(t time.Time) (time.Time, bool) {
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, false
	}
	return t, true
}

// numberOrNull returns NULL for zero.
func numberOrNull(number int64) any {
	if number == 0 {
		return nil
	}
	return number
}

// messageColumns are the columns of a message in a list, in toMessage's order.
const messageColumns = `id, "to", content, status, priority, created_at, updated_at, next_attempt_at, sent_at,
	failed_at, message_id, error, error_code, attempt_count, retry_count, reference, num_segments, encoding,
	send_at, validity_s, expires_at, erased_at, prior_attempts, delivery_status, delivered_at, delivery_error`

// toMessage reads a row of messageColumns.
func toMessage(values row) models.Message {
	return models.Message{
		ID:            models.ID{Text: asText(values[0])},
		To:            asText(values[1]),
		Content:       asText(values[2]),
		Status:        models.Status(asText(values[3])),
		Priority:      models.Priority(asInt(values[4])),
		CreatedAt:     asTime(values[5]),
		UpdatedAt:     asTime(values[6]),
		NextAttemptAt: asTime(values[7]),
		SentAt:        asTime(values[8]),
		FailedAt:      asTime(values[9]),
		MessageID:     asText(values[10]),
		Error:         asText(values[11]),
		ErrorCode:     asText(values[12]),
		AttemptCount:  int(asInt(values[13])),
		RetryCount:    int(asInt(values[14])),
		Reference:     asText(values[15]),
		NumSegments:   int(asInt(values[16])),
		Encoding:      models.Encoding(asText(values[17])),
		SendAt:        asTime(values[18]),
		Validity:      asSeconds(values[19]),
		ExpiresAt:     asTime(values[20]),
		ErasedAt:      asTime(values[21]),
		PriorAttempts: int(asInt(values[22])),
		Delivery: models.Delivery{
			Status:    models.DeliveryStatus(asText(values[23])),
			At:        asTime(values[24]),
			ErrorCode: asText(values[25]),
		},
	}
}
