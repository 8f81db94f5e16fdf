package client

import (
	"context"
	"net/http"
)

const schedulerPath = basePath + "/scheduler"

// Pace is how many messages go out, and how often that many.
type Pace struct {
	Interval            string `json:"interval"` // such as 2m
	MessagesPerInterval int    `json:"messages_per_interval"`
	Reason              string `json:"reason,omitempty"`
}

// Scheduler returns the scheduler's state.
func (c *Client) Scheduler(ctx context.Context) (Answer[Scheduler], error) {
	return ask[Scheduler](ctx, c, call{method: http.MethodGet, path: schedulerPath, replayable: true})
}

// Start starts sending. The reason, which may be empty, goes into the audit trail.
func (c *Client) Start(ctx context.Context, reason string) (Answer[Scheduler], error) {
	return c.turn(ctx, "/start", reason)
}

// Stop stops sending; it does not wait for attempts under way.
func (c *Client) Stop(ctx context.Context, reason string) (Answer[Scheduler], error) {
	return c.turn(ctx, "/stop", reason)
}

func (c *Client) turn(ctx context.Context, path, reason string) (Answer[Scheduler], error) {
	body, err := encode(struct {
		Reason string `json:"reason,omitempty"`
	}{reason})
	if err != nil {
		return Answer[Scheduler]{}, err
	}
	return ask[Scheduler](ctx, c, call{method: http.MethodPost, path: schedulerPath + path, body: body})
}

// SetPace changes the pace.
func (c *Client) SetPace(ctx context.Context, pace Pace) (Answer[Scheduler], error) {
	body, err := encode(pace)
	if err != nil {
		return Answer[Scheduler]{}, err
	}
	return ask[Scheduler](ctx, c, call{method: http.MethodPut, path: schedulerPath + "/pace", body: body, replayable: true})
}

// Stats returns how sending goes.
func (c *Client) Stats(ctx context.Context) (Answer[Stats], error) {
	return ask[Stats](ctx, c, call{method: http.MethodGet, path: basePath + "/stats", replayable: true})
}

// Alive reports, by its error, whether there is a server at all; it needs no key.
func (c *Client) Alive(ctx context.Context) error {
	_, _, err := c.do(ctx, call{method: http.MethodGet, path: "/livez", replayable: true})
	return err
}
