package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json"
)

// messagesPath is the collection.
const messagesPath = basePath + "/messages"

// MaxPage is the most messages that one page of a list holds.
const MaxPage = 1000

func messagePath(id string) string { return messagesPath + "/" + url.PathEscape(id) }

// encode returns the JSON of a request.
func encode(request any) ([]byte, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	return body, nil
}

// Send has a message accepted. The key makes repeating it harmless.
func (c *Client) Send(ctx context.Context, message NewMessage, key string) (Answer[Message], error) {
	body, err := encode(message)
	if err != nil {
		return Answer[Message]{}, err
	}
	return ask[Message](ctx, c, call{
		method: http.MethodPost, path: messagesPath, body: body, key: key, replayable: key != "",
	})
}

// Preview asks what would become of a message, without accepting it.
func (c *Client) Preview(ctx context.Context, to, content string) (Answer[Preview], error) {
	body, err := encode(struct {
		To      string `json:"to,omitempty"`
		Content string `json:"content"`
	}{to, content})
	if err != nil {
		return Answer[Preview]{}, err
	}
	return ask[Preview](ctx, c, call{method: http.MethodPost, path: messagesPath + "/preview", body: body, replayable: true})
}

// Message returns one message with its attempts.
func (c *Client) Message(ctx context.Context, id string) (Answer[Message], error) {
	return ask[Message](ctx, c, call{method: http.MethodGet, path: messagePath(id), replayable: true})
}

// List returns one page of at most limit messages.
func (c *Client) List(ctx context.Context, filter Filter, limit int, cursor string) (Answer[Page], error) {
	query := filter.query()
	query.Set("limit", strconv.Itoa(limit))
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	return ask[Page](ctx, c, call{method: http.MethodGet, path: messagesPath, query: query, replayable: true})
}

// All returns all messages of the filter, page by page. An error ends it.
func (c *Client) All(ctx context.Context, filter Filter) iter.Seq2[Answer[Message], error] {
	return func(yield func(Answer[Message], error) bool) {
		for cursor := ""; ; {
			page, err := c.List(ctx, filter, MaxPage, cursor)
			if err != nil {
				yield(Answer[Message]{}, err)
				return
			}
			for _, message := range page.Value.Messages {
				if !yield(message, nil) {
					return
				}
			}
			if cursor = page.Value.NextCursor; cursor == "" {
				return
			}
		}
	}
}
