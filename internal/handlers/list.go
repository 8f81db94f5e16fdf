package handlers

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"auto-message-sender/internal/models"
)

const (
	defaultLimit = 20
	maxLimit     = 1000
)

// ListRequest asks for a part of the messages.
type ListRequest struct {
	FilterFields
	Limit  int // 1 to maxLimit
	Cursor string

	// location is what was asked, for the link to what comes next.
	path  string
	query url.Values
}

// ListQuery decodes the query of a list. A parameter that is not known is refused:
// a filter that is misspelt must not mean everything. So is giving one twice, or
// empty.
func ListQuery(c *gin.Context) (ListRequest, error) {
	return parseList(c.Request.URL.EscapedPath(), c.Request.URL.RawQuery)
}

func parseList(path, rawQuery string) (ListRequest, error) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return ListRequest{}, &models.Error{Kind: models.KindInvalid, Detail: "the query is malformed; send it like ?status=failed&limit=20"}
	}
	request := ListRequest{Limit: defaultLimit, path: path, query: query}
	var wrong []models.FieldError
	for name, values := range query {
		if problem := setParameter(&request, name, values); problem != "" {
			wrong = append(wrong, models.FieldError{Field: shownName(name), Message: problem})
		}
	}
	if len(wrong) > 0 {
		return ListRequest{}, invalidQuery(wrong)
	}
	return request, nil
}

// setParameter takes in one parameter, or says what is wrong with it.
func setParameter(r *ListRequest, name string, values []string) (problem string) {
	switch {
	case len(values) > 1:
		return "is given more than once"
	case name == "limit":
		limit, problem := positive(values, defaultLimit)
		r.Limit = int(min(limit, maxLimit))
		return problem
	case name == "cursor":
		r.Cursor = values[0]
	case !setField(&r.FilterFields, name, values[0]):
		return "is not known; the parameters are status, to, reference, message_id, created_after, created_before, " +
			"sent_after, sent_before, failed_after, failed_before, limit and cursor"
	}
	if values[0] == "" {
		return "is empty; leave it out"
	}
	return ""
}

func invalidQuery(wrong []models.FieldError) error {
	slices.SortFunc(wrong, func(a, b models.FieldError) int { return strings.Compare(a.Field, b.Field) })
	return &models.Error{Kind: models.KindInvalid, Detail: "the query is not valid", Fields: wrong}
}

// MessageList is a part of the messages that match a filter.
type MessageList struct {
	Messages []Message `json:"messages"`
	// Where the list goes on: give it as cursor, with the same filter. Left out at its end.
	NextCursor string `json:"next_cursor,omitempty" example:"eyJmIjoiWnEx…"`

	next string // the link to it
} //	@name	MessageList

// Listed answers 200 with the list, and links what comes next (RFC 8288).
func Listed(c *gin.Context, list MessageList) error {
	if list.next != "" {
		c.Header("Link", "<"+list.next+`>; rel="next"`)
	}
	return OK(c, list)
}

// List lists the messages of a filter.
//
//	@Summary		List messages
//	@Description	The messages that match all that is given, the newest first: by sent_at where a sending time or status=sent is asked for, by failed_at
//	@Description	where a failure time or status=failed is, by created_at otherwise. Times are RFC 3339; after includes, before excludes.
//	@Description	Follow next_cursor, or the Link header, to the end: every page costs the same, and what comes in meanwhile moves nothing.
//	@Description	A page may have fewer messages than asked for, even none, and still go on.
//	@ID				listMessages
//	@Tags			messages
//	@Produce		json,application/problem+json
//	@Param			status			query		string	false	"Where they stand"	Enums(scheduled, pending, sending, sent, failed, canceled, expired)
//	@Param			to				query		string	false	"Recipient, in any form that POST /messages takes"
//	@Param			reference		query		string	false	"The caller's own id, exactly"
//	@Param			message_id		query		string	false	"The provider's id, exactly"
//	@Param			created_after	query		string	false	"Created then or later"										Format(date-time)
//	@Param			created_before	query		string	false	"Created before"											Format(date-time)
//	@Param			sent_after		query		string	false	"Sent then or later"										Format(date-time)
//	@Param			sent_before		query		string	false	"Sent before"												Format(date-time)
//	@Param			failed_after	query		string	false	"Failed then or later"										Format(date-time)
//	@Param			failed_before	query		string	false	"Failed before"												Format(date-time)
//	@Param			limit			query		int		false	"Messages on a page, from 1; more than 1000 is cut to 1000"	minimum(1)	default(20)
//	@Param			cursor			query		string	false	"next_cursor of the page before, with the same filter"
//	@Success		200				{object}	MessageList
//	@Header			200				{string}	Link	"The next page, as rel=next; left out at the end"
//	@Failure		400				{object}	Problem	"A parameter is unknown, twice or not valid, or the cursor belongs to another filter"
//	@Failure		401				{object}	Problem	"No key, or an unknown one"
//	@Failure		403				{object}	Problem	"Without API_KEYS: the server was asked by a name that is not this machine's own"
//	@Failure		429				{object}	Problem	"Too many requests"
//	@Failure		500				{object}	Problem	"An internal error"
//	@Failure		503				{object}	Problem	"The store is away"
//	@Security		BearerAuth
//	@Security		ApiKeyAuth
//	@Router			/messages [get]
func (m *Messages) List(ctx context.Context, request ListRequest) (MessageList, error) {
	filter, wrong := request.filter(m.intake.Inspect)
	after, problem := decodeCursor(request.Cursor, filter)
	if problem != "" && len(wrong) == 0 {
		wrong = append(wrong, models.FieldError{Field: "cursor", Message: problem})
	}
	if len(wrong) > 0 {
		return MessageList{}, invalidQuery(wrong)
	}
	page, err := m.store.List(ctx, filter, after, request.Limit)
	if err != nil {
		return MessageList{}, err //nolint:wrapcheck // its kind decides the answer
	}
	list := MessageList{Messages: make([]Message, 0, len(page.Messages))}
	for _, message := range page.Messages {
		list.Messages = append(list.Messages, summary(message))
	}
	if page.Next.IsZero() {
		return list, nil
	}
	if list.NextCursor, err = encodeCursor(page.Next, filter); err != nil {
		return MessageList{}, err
	}
	list.next = request.link(list.NextCursor)
	return list, nil
}

// link is the path and query of the page after the cursor.
func (r ListRequest) link(cursor string) string {
	query := make(url.Values, len(r.query)+1)
	maps.Copy(query, r.query)
	query.Set("cursor", cursor)
	query.Set("limit", strconv.Itoa(r.Limit))
	return r.path + "?" + query.Encode()
}
