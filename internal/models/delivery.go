package models

import "time"

// DeliveryStatus is what the provider says became of a message that it took.
type DeliveryStatus string

// The two ends that a delivery has. A provider's "failed" is stored as undelivered.
const (
	DeliveryDelivered   DeliveryStatus = "delivered"
	DeliveryUndelivered DeliveryStatus = "undelivered"
)

// Delivery is the provider's report on a sent message. It is the zero value until
// one came, and set once.
type Delivery struct {
	Status    DeliveryStatus
	At        time.Time // when it happened, as the provider says; otherwise when it was reported
	ErrorCode string    // the provider's, may be empty
}

// DeliveryReport is a Delivery on its way to the message with the provider's id.
type DeliveryReport struct {
	MessageID string
	Delivery
}
