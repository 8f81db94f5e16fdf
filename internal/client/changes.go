package client

import (
	"context"
	"net/http"
	"time"
)

// Cancel calls off one message that waits.
func (c *Client) Cancel(ctx context.Context, id string) (Answer[Message], error) {
	return c.change(ctx, http.MethodPost, messagePath(id)+"/cancel")
}

// Retry has one message sent again that failed or expired.
func (c *Client) Retry(ctx context.Context, id string) (Answer[Message], error) {
	return c.change(ctx, http.MethodPost, messagePath(id)+"/retry")
}

// Erase removes recipient and content of one message.
func (c *Client) Erase(ctx context.Context, id string) (Answer[Message], error) {
	return c.change(ctx, http.MethodDelete, messagePath(id))
}

// change is not replayable: the second time it would be answered with a conflict.
func (c *Client) change(ctx context.Context, method, path string) (Answer[Message], error) {
	return ask[Message](ctx, c, call{method: method, path: path})
}

// Many says which messages to change: those of the filter, or all.
type Many struct {
	Filter

	All    bool `json:"all,omitzero"` // must be said where the filter is empty
	DryRun bool `json:"dry_run,omitzero"`
}

// ManyAgain says which messages to send again.
type ManyAgain struct {
	Many

	// Before passes over what changed then or later; zero: when the call begins. Given
	// the Before of an answer, a call goes on where that one ended.
	Before time.Time `json:"before,omitzero"`
}

// CancelMany calls off the messages that wait.
func (c *Client) CancelMany(ctx context.Context, which Many) (Answer[Changed], error) {
	return c.changeMany(ctx, "/cancel", which, true)
}

// RetryMany has the messages sent again that failed or expired. After an answer that
// was lost it is made again only with a Before: without one it would send again what
// has failed again since.
func (c *Client) RetryMany(ctx context.Context, which ManyAgain) (Answer[Changed], error) {
	return c.changeMany(ctx, "/retry", which, which.DryRun || !which.Before.IsZero())
}

func (c *Client) changeMany(ctx context.Context, path string, which any, replayable bool) (Answer[Changed], error) {
	body, err := encode(which)
	if err != nil {
		return Answer[Changed]{}, err
	}
	return ask[Changed](ctx, c, call{method: http.MethodPost, path: messagesPath + path, body: body, replayable: replayable})
}
