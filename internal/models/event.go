package models

import "time"

// EventType says what happened.
type EventType string

// What can happen to a message, and to the scheduler.
const (
	EventAccepted    EventType = "message.accepted" // through the API
	EventDue         EventType = "message.due"      // was scheduled, and its time has come
	EventSent        EventType = "message.sent"
	EventPostponed   EventType = "message.postponed" // an attempt failed; there will be another
	EventFailed      EventType = "message.failed"
	EventCanceled    EventType = "message.canceled"
	EventExpired     EventType = "message.expired"
	EventRetried     EventType = "message.retried" // by a person
	EventErased      EventType = "message.erased"
	EventDelivered   EventType = "message.delivered"
	EventUndelivered EventType = "message.undelivered"

	EventStarted     EventType = "scheduler.started"
	EventStopped     EventType = "scheduler.stopped"
	EventPaceChanged EventType = "scheduler.pace"
)

// Event tells that something happened; nothing of what a message says or to whom.
type Event struct {
	Type   EventType
	ID     string // of the message; of the scheduler's, the entry of the audit trail
	Status Status // of the message, after it
	At     time.Time
}

// EventTypes lists every type.
func EventTypes() []EventType {
	return []EventType{
		EventAccepted, EventDue, EventSent, EventPostponed, EventFailed, EventCanceled, EventExpired,
		EventRetried, EventErased, EventDelivered, EventUndelivered,
		EventStarted, EventStopped, EventPaceChanged,
	}
}
