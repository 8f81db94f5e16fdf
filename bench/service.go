package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// stuckAfter is how long nothing may be sent before bench gives up.
	stuckAfter = 30 * time.Second
	// countEvery is how often the service is asked how many are sent.
	countEvery = 20 * time.Millisecond
)

// service is the service, serving.
type service struct {
	*process

	url string
}

// serve starts the service on a directory, and returns once it is ready. The
// scheduler is not started. Pace is what it may send; without one it has no cap.
func (b bench) serve(ctx context.Context, sink target, dir string, pace ...string) (service, error) {
	port, err := freePort(ctx)
	if err != nil {
		return service{}, err
	}
	if len(pace) == 0 {
		pace = []string{"MESSAGES_PER_INTERVAL=0"}
	}
	running, err := start(ctx, program{
		path: b.binary, arguments: []string{"serve"},
		environment: append([]string{
			"DATA_DIR=" + dir, "WEBHOOK_URL=" + sink.url, "SERVER_PORT=" + strconv.Itoa(port),
			"MAX_IN_FLIGHT=" + strconv.Itoa(b.inFlight), "RATE_LIMIT=1000000/1s",
			"LOG_LEVEL=warn", // the rows beside it log nothing either
		}, pace...),
	})
	if err != nil {
		return service{}, err
	}
	s := service{process: running, url: "http://127.0.0.1:" + strconv.Itoa(port)}
	err = poll(ctx, startPatience, func() (bool, error) {
		if s.hasEnded() {
			return false, errors.New("the service ended")
		}
		return s.call(ctx, http.MethodGet, "/readyz", nil) == nil, nil
	})
	if err != nil {
		return service{}, s.blame(err)
	}
	return s, nil
}

// question is a request to the service.
type question struct {
	method, path      string
	body, contentType string // empty: none
	status            int    // that is wanted
}

func get(path string) question {
	return question{method: http.MethodGet, path: path, status: http.StatusOK}
}

// call asks the service, and decodes its answer into the value given, if any.
func (s service) call(ctx context.Context, method, path string, answer any) error {
	return s.ask(ctx, question{method: method, path: path, status: http.StatusOK}, answer)
}

// ask is call for any request.
func (s service) ask(ctx context.Context, q question, answer any) error {
	text, err := s.answer(ctx, q)
	if err != nil || answer == nil {
		return err
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s %s: %w", q.method, q.path, err)
	}
	return nil
}

// answer asks the service, and reads its answer to the end.
func (s service) answer(ctx context.Context, q question) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, q.method, s.url+q.path, strings.NewReader(q.body))
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	if q.contentType != "" {
		request.Header.Set("Content-Type", q.contentType)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", q.method, q.path, err)
	}
	defer func() { _ = response.Body.Close() }()
	var text bytes.Buffer
	if _, err := text.ReadFrom(response.Body); err != nil {
		return nil, fmt.Errorf("%s %s: %w", q.method, q.path, err)
	}
	if response.StatusCode != q.status {
		return nil, fmt.Errorf("%s %s: %s %s", q.method, q.path, response.Status, text.Bytes())
	}
	return text.Bytes(), nil
}

// startScheduler begins the sending, and returns the start that windows count from.
func (s service) startScheduler(ctx context.Context) (time.Time, error) {
	var answer struct {
		StartedAt time.Time `json:"started_at"`
	}
	err := s.call(ctx, http.MethodPost, "/api/v1/scheduler/start", &answer)
	return answer.StartedAt, err
}

// sent returns how many messages are recorded as sent; the embedded store counts exactly.
func (s service) sent(ctx context.Context) (int, error) {
	var answer struct {
		Counts struct {
			Sent int `json:"sent"`
		} `json:"counts"`
	}
	err := s.call(ctx, http.MethodGet, "/api/v1/scheduler", &answer)
	return answer.Counts.Sent, err
}

// untilSent waits until that many messages are sent, and returns how many really
// were when it saw that, and when.
func (s service) untilSent(ctx context.Context, enough int) (sent int, at time.Time, err error) {
	for last, progress := -1, time.Now(); ; time.Sleep(countEvery) {
		sent, err := s.sent(ctx)
		now := time.Now()
		switch {
		case err != nil:
			return 0, now, s.blame(err)
		case sent >= enough:
			return sent, now, nil
		case sent != last:
			last, progress = sent, now
		case now.Sub(progress) > stuckAfter:
			return 0, now, s.blame(fmt.Errorf("stuck with %d of %d sent", sent, enough))
		}
	}
}

// settle waits until the service does next to nothing: after its start it looks
// through the whole file once.
func (s service) settle(ctx context.Context) error {
	return s.restFor(ctx, 500*time.Millisecond, 20*time.Millisecond)
}

// restFor waits until the service has used no more than a little in so long.
func (s service) restFor(ctx context.Context, long, little time.Duration) error {
	for since := time.Now(); time.Since(since) < 2*time.Minute; {
		used, err := s.processorTimeOver(ctx, long)
		if err != nil {
			return err
		}
		if used <= little {
			return nil
		}
	}
	return errors.New("the service does not come to rest")
}

// processorTimeOver returns the processor time that the service uses in that long.
func (s service) processorTimeOver(ctx context.Context, long time.Duration) (time.Duration, error) {
	before, err := s.processorTime()
	if err != nil {
		return 0, err
	}
	select {
	case <-time.After(long):
	case <-ctx.Done():
		return 0, ctx.Err() //nolint:wrapcheck // the caller looks for it
	}
	after, err := s.processorTime()
	return after - before, err
}
