package handlers

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
	"auto-message-sender/internal/sms"
)

// MessagesOptions is what Messages is made of. All fields are required.
type MessagesOptions struct {
	Store dataoperations.Messages
	// Wake tells the scheduler that a message was accepted. It must not block.
	Wake func()
	// Now is the store's time, which due times are told in.
	Now func() time.Time
	// NewID returns the id of a new message: a UUIDv7, so that ids sort by time.
	NewID func() string
}

// Messages are the endpoints under /messages.
type Messages struct {
	store dataoperations.Messages
	wake  func()
	now   func() time.Time
	newID func() string
}

// NewMessages returns the endpoints, or says what is missing.
func NewMessages(options MessagesOptions) (*Messages, error) {
	if options.Store == nil || options.Wake == nil || options.Now == nil || options.NewID == nil {
		return nil, errors.New("handlers: Messages needs Store, Wake, Now and NewID")
	}
	return &Messages{store: options.Store, wake: options.Wake, now: options.Now, newID: options.NewID}, nil
}

// AcceptRequest is a new message.
type AcceptRequest struct {
	// Recipient with + and country code. Spaces, dots, dashes and parentheses are dropped.
	To string `json:"to" validate:"required" example:"+90 555 123 45 67"`
	// Text of 1 to 160 characters.
	Content string `json:"content" validate:"required" minLength:"1" maxLength:"160" example:"Your order is on its way."`
} //	@name	AcceptRequest

// Accept stores a message. Once it is answered the message survives a crash.
//
//	@Summary		Accept a message
//	@Description	Stores one message as pending. It is sent once the scheduler runs and a window has room for it.
//	@Description	The answer means that the message is durable. After a 503 or a broken connection it may be stored or not.
//	@ID				acceptMessage
//	@Tags			messages
//	@Accept			json
//	@Produce		json,application/problem+json
//	@Param			message	body		AcceptRequest	true	"The message"
//	@Success		201		{object}	Message			"The message as it was stored: the recipient in E.164"
//	@Header			201		{string}	Location		"Path of the message"
//	@Failure		400		{object}	Problem			"The body is no JSON object, or a field is missing, unknown, twice or invalid: see errors"
//	@Failure		401		{object}	Problem			"No key, or an unknown one"
//	@Failure		403		{object}	Problem			"A web page of another origin asked for it"
//	@Failure		413		{object}	Problem			"The body is larger than 64 KiB"
//	@Failure		415		{object}	Problem			"The content type is not application/json"
//	@Failure		429		{object}	Problem			"Too many requests from this address"
//	@Failure		500		{object}	Problem			"An internal error"
//	@Failure		503		{object}	Problem			"The store is away or full"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/messages [post]
func (m *Messages) Accept(ctx context.Context, request AcceptRequest) (Message, error) {
	recipient, err := sms.Inspect(request.To, request.Content)
	if err != nil {
		return Message{}, err //nolint:wrapcheck // its words are for the client as they are
	}
	// To the millisecond, as it is stored: the answer is what a GET will say.
	now := m.now().UTC().Truncate(time.Millisecond)
	message := models.Message{
		ID:            models.ID{Text: m.newID()},
		To:            recipient,
		Content:       request.Content,
		Status:        models.StatusPending,
		Priority:      models.PriorityNormal,
		CreatedAt:     now,
		NextAttemptAt: now,
	}
	if err := m.store.Accept(ctx, message); err != nil {
		return Message{}, err //nolint:wrapcheck // its kind decides the answer
	}
	m.wake()
	return detailed(message), nil
}

// PathID decodes the id in the path. What cannot be an id is not looked for.
func PathID(c *gin.Context) (string, error) {
	id := c.Param("id")
	if id == "" || len(id) > models.MaxIDLength || !utf8.ValidString(id) {
		return "", &models.Error{Kind: models.KindNotFound, Detail: "there is no message with this id"}
	}
	return id, nil
}

// Message returns one message with its attempts.
//
//	@Summary		Read a message
//	@Description	Where a message stands, with every attempt made so far.
//	@ID				getMessage
//	@Tags			messages
//	@Produce		json,application/problem+json
//	@Param			id	path		string	true	"The message's id"	example(019a2f6e-7a53-7cc0-9d6e-2f0d5b1c4a10)
//	@Success		200	{object}	Message
//	@Failure		401	{object}	Problem	"No key, or an unknown one"
//	@Failure		404	{object}	Problem	"There is no message with this id"
//	@Failure		429	{object}	Problem	"Too many requests from this address"
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
	return detailed(message), nil
}

// SentMessages is a page of sent messages.
type SentMessages struct {
	Messages []Message `json:"messages"`
	Paging
} //	@name	SentMessages

// Sent lists the sent messages, newest first.
//
//	@Summary		List sent messages
//	@Description	The messages that the webhook took, the last one first. A page far back costs more than the first.
//	@ID				listSentMessages
//	@Tags			messages
//	@Produce		json,application/problem+json
//	@Param			page		query		int	false	"Page, from 1"												minimum(1)	default(1)
//	@Param			per_page	query		int	false	"Messages on a page, from 1; more than 100 is cut to 100"	minimum(1)	default(10)
//	@Success		200			{object}	SentMessages
//	@Failure		400			{object}	Problem	"page or per_page is not a whole number from 1 on, or is given twice"
//	@Failure		401			{object}	Problem	"No key, or an unknown one"
//	@Failure		429			{object}	Problem	"Too many requests from this address"
//	@Failure		500			{object}	Problem	"An internal error"
//	@Failure		503			{object}	Problem	"The store is away"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/messages/sent [get]
func (m *Messages) Sent(ctx context.Context, request PageRequest) (SentMessages, error) {
	counts, err := m.store.Counts(ctx)
	if err != nil {
		return SentMessages{}, err //nolint:wrapcheck // its kind decides the answer
	}
	total := counts[models.StatusSent]
	page := SentMessages{Messages: []Message{}}
	if offset, ok := request.offset(); ok {
		sent, err := m.store.Sent(ctx, offset, request.PerPage)
		if err != nil {
			return SentMessages{}, err //nolint:wrapcheck // its kind decides the answer
		}
		for _, message := range sent {
			page.Messages = append(page.Messages, summary(message))
		}
		// Counts may be older than the list: nobody is shown ten of seven.
		if len(sent) > 0 {
			total = max(total, offset+int64(len(sent)))
		}
	}
	page.Paging = request.paging(total)
	return page, nil
}
