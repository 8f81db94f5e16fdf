package handlers

import (
	"context"
	"fmt"

	"auto-message-sender/internal/models"
)

// Cancel calls a message off that waits.
//
//	@Summary		Cancel a message
//	@Description	Calls off a message that is scheduled or pending. Once the answer is there, no attempt of it begins any more. Canceling again changes nothing.
//	@ID				cancelMessage
//	@Tags			messages
//	@Produce		json,application/problem+json
//	@Param			id	path		string	true	"The message's id"	example(019a2f6e-7a53-7cc0-9d6e-2f0d5b1c4a10)
//	@Success		200	{object}	Message
//	@Failure		401	{object}	Problem	"No key, or an unknown one"
//	@Failure		403	{object}	Problem	"The key's role may not, or a web page of another origin asked for it"
//	@Failure		404	{object}	Problem	"There is no message with this id"
//	@Failure		409	{object}	Problem	"It is being sent, or has come to its end: see the detail"
//	@Failure		429	{object}	Problem	"Too many requests"
//	@Failure		500	{object}	Problem	"An internal error"
//	@Failure		503	{object}	Problem	"The store is away"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/messages/{id}/cancel [post]
func (m *Messages) Cancel(ctx context.Context, id string) (Message, error) {
	return m.change(ctx, id, m.store.Cancel, models.EventCanceled, "can no longer be canceled: only what waits can")
}

// Retry makes a message pending again that failed or expired.
//
//	@Summary		Send a message again
//	@Description	Makes a message that failed or expired pending and due, with as many attempts as a new one and its validity from now on.
//	@Description	Its earlier attempts stay in its history. One that was sent is never sent again; one that failed with outcome_unknown may have arrived.
//	@ID				retryMessage
//	@Tags			messages
//	@Produce		json,application/problem+json
//	@Param			id	path		string	true	"The message's id"	example(019a2f6e-7a53-7cc0-9d6e-2f0d5b1c4a10)
//	@Success		200	{object}	Message
//	@Failure		401	{object}	Problem	"No key, or an unknown one"
//	@Failure		403	{object}	Problem	"The key's role may not, or a web page of another origin asked for it"
//	@Failure		404	{object}	Problem	"There is no message with this id"
//	@Failure		409	{object}	Problem	"It has neither failed nor expired, or is erased: see the detail"
//	@Failure		429	{object}	Problem	"Too many requests"
//	@Failure		500	{object}	Problem	"An internal error"
//	@Failure		503	{object}	Problem	"The store is away"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/messages/{id}/retry [post]
func (m *Messages) Retry(ctx context.Context, id string) (Message, error) {
	message, err := m.change(ctx, id, m.store.Retry, models.EventRetried, "cannot be sent again: only what failed or expired can")
	if err == nil {
		m.wake()
	}
	return message, err
}

// change makes one of the store's changes to one message, and returns it as it is
// then; KindConflict, in words that say where it stands, when the store did not.
func (m *Messages) change(
	ctx context.Context, text string, change func(context.Context, []models.ID) ([]bool, error), what models.EventType, otherwise string,
) (Message, error) {
	// The id as the store has it: a string, or an ObjectID of the same digits.
	found, err := m.store.Message(ctx, text)
	if err != nil {
		return Message{}, err //nolint:wrapcheck // its kind decides the answer
	}
	changed, err := change(ctx, []models.ID{found.ID})
	if err != nil {
		return Message{}, err
	}
	now, err := m.store.Message(ctx, text)
	if err != nil {
		return Message{}, err //nolint:wrapcheck // its kind decides the answer
	}
	if !changed[0] {
		return Message{}, models.Conflict(refusal(now, otherwise))
	}
	if found.Status != now.Status { // otherwise it was so already
		m.events.publish(what, now)
	}
	return detailed(now), nil
}

// refusal says why a message cannot be changed.
func refusal(message models.Message, otherwise string) string {
	switch {
	case !message.ErasedAt.IsZero():
		return "the message is erased"
	case message.Status == models.StatusPending && message.NextAttemptAt.IsZero():
		return "the message was inserted by hand and is not taken in yet; try again in a moment"
	case message.Status == models.StatusFailed && message.ErrorCode == models.ErrorCodeInvalid:
		return "the message is not valid and is never sent; its error says why"
	}
	return fmt.Sprintf("the message is %s and %s", message.Status, otherwise)
}
