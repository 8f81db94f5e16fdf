package handlers

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"
)

// AcceptCall is a request to accept a message, and the key that it came under.
type AcceptCall struct {
	Request AcceptRequest
	Key     string // empty: none
}

// AcceptBody decodes a message and the Idempotency-Key.
func AcceptBody(c *gin.Context) (AcceptCall, error) {
	key, err := IdempotencyKey(c.Request.Header)
	if err != nil {
		return AcceptCall{}, err
	}
	request, err := JSONBody[AcceptRequest](c)
	return AcceptCall{Request: request, Key: key}, err
}

// AcceptAnswer is the message that was accepted, by this request or by an earlier
// one under the same key.
type AcceptAnswer struct {
	Message
	Replayed bool `json:"-"`
}

// Accepted answers as Created does, and says whether it is an earlier answer.
func Accepted(c *gin.Context, answer AcceptAnswer) error {
	if answer.Replayed {
		c.Header("Idempotent-Replayed", "true")
	}
	return Created(c, answer.Message)
}

// Accept stores a message. Once it is answered the message survives a crash.
//
//	@Summary		Accept a message
//	@Description	Stores one message: pending, or scheduled where send_at lies ahead. It is sent once it is due, the scheduler
//	@Description	runs and a window has room for it. The answer means that the message is durable. After a 503 or a broken connection it may
//	@Description	be stored or not: send an Idempotency-Key, and repeat the same request under the same key, within 24 hours.
//	@Description	It stores nothing twice, and gives the first answer again.
//	@ID				acceptMessage
//	@Tags			messages
//	@Accept			json
//	@Produce		json,application/problem+json
//	@Param			Idempotency-Key	header		string				false	"A name for this request, 1 to 255 printable ASCII characters; kept for 24 hours"	maxlength(255)
//	@Param			message			body		AcceptRequest		true	"The message"
//	@Success		201				{object}	Message				"The message as it was stored: the recipient in E.164"
//	@Header			201				{string}	Location			"Path of the message"
//	@Header			201				{string}	Idempotent-Replayed	"true where an earlier request under this key was answered so already"
//	@Failure		400				{object}	Problem				"The body is no JSON object, or a field is missing, unknown, twice or invalid: see errors"
//	@Failure		401				{object}	Problem				"No key, or an unknown one"
//	@Failure		403				{object}	Problem				"The key's role may not, or a web page of another origin asked for it"
//	@Failure		413				{object}	Problem				"The body is larger than 64 KiB"
//	@Failure		415				{object}	Problem				"The content type is not application/json"
//	@Failure		422				{object}	Problem				"The Idempotency-Key was used for another message"
//	@Failure		429				{object}	Problem				"Too many requests"
//	@Failure		500				{object}	Problem				"An internal error"
//	@Failure		503				{object}	Problem				"The store is away or full"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/messages [post]
func (m *Messages) Accept(ctx context.Context, call AcceptCall) (AcceptAnswer, error) {
	// To the millisecond, as it is stored: the answer is what a GET will say.
	now := m.now().UTC().Truncate(time.Millisecond)
	if call.Key != "" {
		return m.acceptOnce(ctx, call, now)
	}
	message, err := m.intake.message(call.Request, m.newID(), now)
	if err != nil {
		return AcceptAnswer{}, err
	}
	if err := m.store.Accept(ctx, message); err != nil {
		return AcceptAnswer{}, err //nolint:wrapcheck // its kind decides the answer
	}
	m.accepted(message)
	return AcceptAnswer{Message: detailed(message)}, nil
}
