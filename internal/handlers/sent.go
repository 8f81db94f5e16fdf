package handlers

import (
	"context"

	"auto-message-sender/internal/models"
)

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
//	@Failure		403			{object}	Problem	"Without API_KEYS: the server was asked by a name that is not this machine's own"
//	@Failure		429			{object}	Problem	"Too many requests"
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
