package handlers

import (
	"context"
	"errors"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/sms"
)

// Preview tells what would become of a message, and stores nothing.
type Preview struct {
	inspect dataoperations.Inspect
}

// NewPreview returns the endpoint, or says what is missing.
func NewPreview(inspect dataoperations.Inspect) (*Preview, error) {
	if inspect == nil {
		return nil, errors.New("handlers: Preview needs inspect")
	}
	return &Preview{inspect: inspect}, nil
}

// PreviewRequest is a message that nobody sends.
type PreviewRequest struct {
	To      string `json:"to" validate:"optional" example:"+90 555 123 45 67"`
	Content string `json:"content" validate:"required" example:"Your order is on its way."`
} //	@name	PreviewRequest

// PreviewAnswer is what would become of it.
type PreviewAnswer struct {
	// The recipient in E.164; left out where none was given, or it is not valid.
	To string `json:"to,omitempty" example:"+905551234567"`
	// SMS that the content makes.
	NumSegments int    `json:"num_segments" example:"1"`
	Encoding    string `json:"encoding" enums:"GSM-7,UCS-2" example:"GSM-7"`
	// Characters as a person counts them (Unicode code points).
	Characters int `json:"characters" example:"25"`
	// Room in the last segment, in units of the encoding: some characters take two.
	CharactersLeft int `json:"characters_left" example:"135"`
	// What each SMS carries.
	Segments []string `json:"segments" example:"Your order is on its way."`
	// Whether it would be accepted.
	Valid bool `json:"valid" example:"true"`
	// Why not.
	Errors []FieldProblem `json:"errors"`
} //	@name	PreviewAnswer

// Show previews a message.
//
//	@Summary		Preview a message
//	@Description	How many SMS a content makes, in which encoding, cut where, with how much room left in the last; and whether it would be
//	@Description	accepted, by the rules of POST /messages. Nothing is stored.
//	@ID				previewMessage
//	@Tags			messages
//	@Accept			json
//	@Produce		json,application/problem+json
//	@Param			message	body		PreviewRequest	true	"The message; to may be left out"
//	@Success		200		{object}	PreviewAnswer
//	@Failure		400		{object}	Problem	"The body is no JSON object, or has an unknown field, or one twice"
//	@Failure		401		{object}	Problem	"No key, or an unknown one"
//	@Failure		403		{object}	Problem	"The key's role may not, or a web page of another origin asked for it"
//	@Failure		413		{object}	Problem	"The body is larger than 64 KiB"
//	@Failure		415		{object}	Problem	"The content type is not application/json"
//	@Failure		429		{object}	Problem	"Too many requests"
//	@Failure		500		{object}	Problem	"An internal error"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/messages/preview [post]
func (p *Preview) Show(_ context.Context, request PreviewRequest) (PreviewAnswer, error) {
	_, err := p.inspect(request.To, request.Content)
	wrong, err := fieldsOf(err)
	if err != nil {
		return PreviewAnswer{}, err
	}
	travels := sms.Segment(request.Content)
	answer := PreviewAnswer{
		NumSegments: len(travels.Segments), Encoding: string(travels.Encoding), Segments: travels.Segments,
		Characters: travels.Characters, CharactersLeft: travels.Left, Errors: []FieldProblem{},
	}
	for _, field := range wrong {
		if field.Field != "to" || request.To != "" {
			answer.Errors = append(answer.Errors, FieldProblem(field))
		}
	}
	if request.To != "" {
		answer.To, _ = normalise(request.To, p.inspect)
	}
	answer.Valid = len(answer.Errors) == 0
	return answer, nil
}
