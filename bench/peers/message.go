package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// callTimeout is the time limit of one call, as the service has it by default.
const callTimeout = 30 * time.Second

// message is one message, in the shape of the webhook's body.
type message struct {
	To      string `json:"to"`
	Content string `json:"content"`
}

// message makes the i-th message.
func (j job) message(i int) message {
	return message{To: fmt.Sprintf(j.to, i%10_000_000), Content: fmt.Sprintf(j.content, i)}
}

// body is what is POSTed.
func (m message) body() ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode a message: %w", err)
	}
	return body, nil
}

// poster POSTs bodies with net/http, for the workers of asynq and River, and
// knows when the last one was taken.
type poster struct {
	url    string
	client *http.Client
	left   atomic.Int64
	done   chan struct{} // closed once all were POSTed, well or not
	failed atomic.Int64
	reason atomic.Pointer[error] // of one that failed
}

func newPoster(j job) *poster {
	p := &poster{
		url:  j.url,
		done: make(chan struct{}),
		client: &http.Client{
			Timeout:   callTimeout,
			Transport: &http.Transport{MaxIdleConns: j.inFlight, MaxIdleConnsPerHost: j.inFlight, DisableCompression: true},
		},
	}
	p.left.Store(int64(j.messages))
	return p
}

// post makes one call, and counts it.
func (p *poster) post(ctx context.Context, key string, body []byte) error {
	err := p.call(ctx, key, body)
	if err != nil {
		p.failed.Add(1)
		p.reason.Store(&err)
	}
	if p.left.Add(-1) == 0 {
		close(p.done)
	}
	return err
}

func (p *poster) call(ctx context.Context, key string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	response, err := p.client.Do(request)
	if err != nil {
		return fmt.Errorf("call the sink: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return fmt.Errorf("read the sink's answer: %w", err)
	}
	if response.StatusCode != http.StatusAccepted {
		return fmt.Errorf("the sink answered %s", response.Status)
	}
	return nil
}

// wait returns once all were POSTed; a failed call is an error.
func (p *poster) wait(ctx context.Context) error {
	select {
	case <-p.done:
	case <-ctx.Done():
		return fmt.Errorf("wait for the calls: %w", ctx.Err())
	}
	if failed := p.failed.Load(); failed > 0 {
		return fmt.Errorf("%d calls failed, one with: %w", failed, *p.reason.Load())
	}
	return nil
}

// until asks every two milliseconds whether the store is done.
func until(ctx context.Context, done func() (bool, error)) error {
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return errors.Join(errors.New("the store never said that all are done"), ctx.Err())
		}
	}
}
