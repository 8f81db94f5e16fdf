package handlers

import (
	"context"
	"errors"
	"time"

	"github.com/sirupsen/logrus"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// Auditor keeps the audit trail; see dataoperations.Trail.
type Auditor interface {
	Audit(ctx context.Context, entry models.SchedulerLog) error
}

// OperationsOptions is what Operations is made of. All fields but Events are
// required.
type OperationsOptions struct {
	Lists   dataoperations.Lists
	Changes dataoperations.Changes
	// Message finds one message; see dataoperations.Messages.
	Message func(ctx context.Context, id string) (models.Message, error)
	Trail   Auditor
	Inspect dataoperations.Inspect // normalises the recipient in a filter
	Wake    func()                 // tells the scheduler that there is work; must not block
	Now     func() time.Time       // the store's
	NewID   func() string
	Replica string // the id of this process
	Events  Events // nil: nobody listens
	Log     logrus.FieldLogger
}

// Operations are the endpoints by which an operator changes many messages at once,
// or erases one for good. All of it is audited.
type Operations struct {
	OperationsOptions

	events publisher
}

// NewOperations returns the endpoints, or says what is missing.
func NewOperations(options OperationsOptions) (*Operations, error) {
	o := options
	if o.Lists == nil || o.Changes == nil || o.Message == nil || o.Trail == nil || o.Inspect == nil ||
		o.Wake == nil || o.Now == nil || o.NewID == nil || o.Replica == "" || o.Log == nil {
		return nil, errors.New("handlers: Operations needs Lists, Changes, Message, Trail, Inspect, Wake, Now, NewID, Replica and Log")
	}
	return &Operations{OperationsOptions: o, events: publisher{to: o.Events, now: o.Now}}, nil
}

// Erase removes what a message says and to whom.
//
//	@Summary		Erase a message
//	@Description	Removes recipient, content and error texts for good; id, status and times stay. One that waits is canceled by it.
//	@Description	Erasing again changes nothing. It is noted in the audit trail, by the message's id; after a 503 the message may be
//	@Description	erased and the entry missing: the same call completes it.
//	@ID				eraseMessage
//	@Tags			messages
//	@Produce		json,application/problem+json
//	@Param			id	path		string	true	"The message's id"	example(019a2f6e-7a53-7cc0-9d6e-2f0d5b1c4a10)
//	@Success		200	{object}	Message	"The message as it is now"
//	@Failure		401	{object}	Problem	"No key, or an unknown one"
//	@Failure		403	{object}	Problem	"The key's role may not, or a web page of another origin asked for it"
//	@Failure		404	{object}	Problem	"There is no message with this id"
//	@Failure		409	{object}	Problem	"It is being sent; try again when it is"
//	@Failure		429	{object}	Problem	"Too many requests"
//	@Failure		500	{object}	Problem	"An internal error"
//	@Failure		503	{object}	Problem	"The store is away"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/messages/{id} [delete]
func (o *Operations) Erase(ctx context.Context, text string) (Message, error) {
	found, err := o.Message(ctx, text)
	if err != nil {
		return Message{}, err
	}
	erased, err := o.Changes.Erase(ctx, found.ID)
	if err != nil {
		return Message{}, err //nolint:wrapcheck // its kind decides the answer
	}
	if found.ErasedAt.IsZero() {
		o.events.publish(models.EventErased, erased)
	}
	// After the erasing, which may be refused: the trail must not tell of what did not
	// happen. Its id is made of the message's, so that whoever repeats the call after a
	// failure or a crash in between completes the entry, and adds no second one.
	if err := o.note(ctx, keyedID("erase:"+found.ID.Text), models.ActionErase, "message "+found.ID.Text, 1); err != nil {
		return Message{}, err
	}
	return detailed(erased), nil
}

// note adds what was done to the audit trail, even where whoever asked for it has
// left. An entry that cannot be written is told to the log, too.
func (o *Operations) note(ctx context.Context, id string, action models.Action, reason string, messages int) error {
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditLimit)
	defer cancel()
	err := o.Trail.Audit(noting, models.SchedulerLog{
		ID: id, Action: action, Actor: Actor(ctx), Replica: o.Replica, Reason: reason,
	})
	if err != nil {
		o.Log.WithError(err).WithFields(logrus.Fields{"action": action, "messages": messages, "actor": Actor(ctx), "request_id": RequestID(ctx)}).
			Error("a change that was made is missing in the audit trail")
	}
	return err //nolint:wrapcheck // its kind decides the answer
}
