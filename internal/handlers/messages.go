package handlers

import (
	"context"
	"errors"
	"time"

	"github.com/sirupsen/logrus"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// Store is what the endpoints ask of the store.
type Store interface {
	dataoperations.Messages
	dataoperations.Reservations
	dataoperations.Lists
	dataoperations.Changes
}

// Events takes what happened to messages on to whoever listens.
type Events interface {
	// Publish must not block; an event may be lost.
	Publish(events ...models.Event)
}

// Forecaster knows the pace, which says when a message is likely to be sent.
type Forecaster interface {
	// State is the scheduler's record.
	State(ctx context.Context) (models.Scheduler, error)
}

// MessagesOptions is what Messages is made of. All fields but Events and
// Intake.Validity are required.
type MessagesOptions struct {
	Store  Store
	Intake Intake
	// Wake tells the scheduler that there is work. It must not block.
	Wake func()
	// Now is the store's time, which due times are told in.
	Now func() time.Time
	// NewID returns the id of a new message: a UUIDv7, so that ids sort by time.
	NewID func() string

	Pace    Forecaster
	Webhook func() models.WebhookHealth // as this process sees it
	Events  Events                      // nil: nobody listens
	Log     logrus.FieldLogger
}

// Messages are the endpoints under /messages that take, show and change single
// messages, and batches of new ones.
type Messages struct {
	store    Store
	intake   Intake
	wake     func()
	now      func() time.Time
	newID    func() string
	forecast forecast
	events   publisher
	log      logrus.FieldLogger
}

// NewMessages returns the endpoints, or says what is missing.
func NewMessages(options MessagesOptions) (*Messages, error) {
	o := options
	if o.Store == nil || o.Intake.Inspect == nil || o.Wake == nil || o.Now == nil || o.NewID == nil ||
		o.Pace == nil || o.Webhook == nil || o.Log == nil {
		return nil, errors.New("handlers: Messages needs Store, Intake, Wake, Now, NewID, Pace, Webhook and Log")
	}
	return &Messages{
		store: o.Store, intake: o.Intake, wake: o.Wake, now: o.Now, newID: o.NewID,
		forecast: forecast{lists: o.Store, pace: o.Pace, webhook: o.Webhook, now: o.Now},
		events:   publisher{to: o.Events, now: o.Now}, log: o.Log,
	}, nil
}

// accepted tells those who wait for it that the messages are stored.
func (m *Messages) accepted(messages ...models.Message) {
	m.wake()
	m.events.publish(models.EventAccepted, messages...)
}

// publisher publishes events, where somebody listens.
type publisher struct {
	to  Events // nil: nobody listens
	now func() time.Time
}

// publish tells of each message that the same has happened to it.
func (p publisher) publish(what models.EventType, messages ...models.Message) {
	if p.to == nil || len(messages) == 0 {
		return
	}
	at := p.now().UTC()
	events := make([]models.Event, 0, len(messages))
	for _, message := range messages {
		events = append(events, models.Event{Type: what, ID: message.ID.Text, Status: message.Status, At: at})
	}
	p.to.Publish(events...)
}
