package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// answerMost bounds one answer, in bytes: ten thousand results of a batch are a
// tenth of it.
const answerMost = 64 << 20

// Answer is what the API answered: as it came, and decoded.
type Answer[T any] struct {
	Value T
	Raw   jsontext.Value
	// Replayed: the server gave an earlier answer again, to the same Idempotency-Key.
	Replayed bool
}

// UnmarshalJSON keeps the JSON beside what it says.
func (a *Answer[T]) UnmarshalJSON(body []byte) error {
	a.Raw = bytes.Clone(body)
	return json.Unmarshal(body, &a.Value) //nolint:wrapcheck // the caller says whose answer it was
}

// call is one request of the API.
type call struct {
	method string
	path   string // escaped, from the server's root
	query  url.Values
	body   []byte // nil: none
	media  string // content type of the body; empty: application/json
	key    string // Idempotency-Key; empty: none
	// replayable: making it twice does no more than making it once.
	replayable bool
}

// ask makes the call and decodes its answer.
func ask[T any](ctx context.Context, c *Client, call call) (Answer[T], error) {
	var answer Answer[T]
	body, header, err := c.do(ctx, call)
	if err != nil {
		return answer, err
	}
	answer.Replayed = header.Get("Idempotent-Replayed") == "true"
	if err := json.Unmarshal(body, &answer); err != nil {
		return answer, fmt.Errorf("%s answered what this version does not understand: %w", c.Server(), err)
	}
	return answer, nil
}

// do makes the call, again where that may help, and returns its answer.
func (c *Client) do(ctx context.Context, call call) ([]byte, http.Header, error) {
	wait := newWait(c.patience)
	for {
		body, header, err := c.once(ctx, call)
		if err == nil || ctx.Err() != nil || !c.again(call, err) {
			return body, header, err
		}
		delay, ok := wait.next(RetryAfter(err))
		if !ok {
			return nil, nil, err
		}
		c.waiting(delay, err)
		if !Sleep(ctx, delay) {
			return nil, nil, err
		}
	}
}

// again reports whether the call may be made once more after err.
func (c *Client) again(call call, err error) bool {
	if StatusOf(err) == http.StatusTooManyRequests {
		return true // it was refused at the door
	}
	if _, lost := errors.AsType[*UnreachableError](err); lost && !c.reached.Load() {
		return false
	}
	return call.replayable && Passing(err)
}

// once makes the call one time.
func (c *Client) once(ctx context.Context, call call) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, call.method, c.url(call.path, call.query), bytes.NewReader(call.body))
	if err != nil {
		return nil, nil, fmt.Errorf("make the request: %w", err)
	}
	if call.body == nil {
		request.Body = http.NoBody
	} else {
		media := call.media
		if media == "" {
			media = "application/json"
		}
		request.Header.Set("Content-Type", media)
	}
	if call.key != "" {
		request.Header.Set("Idempotency-Key", call.key)
	}
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, nil, c.unreachable(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, answerMost))
	if err != nil {
		return nil, nil, c.unreachable(ctx, err)
	}
	c.reached.Store(true)
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, nil, problemOf(response, body)
	}
	return body, response.Header, nil
}

// unreachable returns the error of a call that got no answer. What net/http says of
// it repeats the whole address, with what a person has filtered by.
func (c *Client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("the call was broken off: %w", ctx.Err())
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return &UnreachableError{Server: c.Server(), Cause: err}
}
