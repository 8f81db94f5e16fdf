package handlers

import (
	"context"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"auto-message-sender/internal/models"
)

// PathID decodes the id in the path. What cannot be an id is not looked for.
func PathID(c *gin.Context) (string, error) {
	id := c.Param("id")
	if id == "" || len(id) > models.MaxIDLength || !utf8.ValidString(id) {
		return "", models.NotFound("there is no message with this id")
	}
	return id, nil
}

// Message returns one message with its attempts and, while it waits, its outlook.
//
//	@Summary		Read a message
//	@Description	Where a message stands, with every attempt made so far. While it waits: its position in the queue, and when it is
//	@Description	likely to be sent, by the backlog and the pace; where that cannot be told, or may be wrong, note says why.
//	@ID				getMessage
//	@Tags			messages
//	@Produce		json,application/problem+json
//	@Param			id	path		string	true	"The message's id"	example(019a2f6e-7a53-7cc0-9d6e-2f0d5b1c4a10)
//	@Success		200	{object}	Message
//	@Failure		401	{object}	Problem	"No key, or an unknown one"
//	@Failure		404	{object}	Problem	"There is no message with this id"
//	@Failure		403	{object}	Problem	"Without API_KEYS: the server was asked by a name that is not this machine's own"
//	@Failure		429	{object}	Problem	"Too many requests"
//	@Failure		500	{object}	Problem	"An internal error"
//	@Failure		503	{object}	Problem	"The store is away"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/messages/{id} [get]
func (m *Messages) Message(ctx context.Context, id string) (Message, error) {
	message, err := m.store.Message(ctx, id)
	if err != nil {
		return Message{}, err //nolint:wrapcheck // its kind decides the answer
	}
	shown := detailed(message)
	if message.Waits() {
		shown.Outlook, err = m.forecast.outlook(ctx, message)
	}
	return shown, err
}
