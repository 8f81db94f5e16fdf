package importing

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"auto-message-sender/internal/client"
)

// The waits between tries.
const (
	firstWait   = 500 * time.Millisecond
	longestWait = 15 * time.Second
)

// How many lines go in one call: few at first, and to a server in trouble or a slow
// one, which has a time limit of its own; twice as many after a call that was quick.
const (
	firstLines  = 2000
	fewestLines = 100
	quickCall   = 2 * time.Second
	slowCall    = 5 * time.Second
)

// sender posts one batch after the other.
type sender struct {
	run  *run
	most int // lines in the next call
}

// send posts the batch until every line of it is settled. Lines of which the server
// says nothing, or that it could not store, go again: their keys make that harmless.
func (s *sender) send(ctx context.Context, batch *batch) error {
	open := batch.lines
	left, own := s.run.Patience, firstWait
	seen := s.run.done()
	for len(open) > 0 {
		part := open[:min(len(open), s.most)]
		rest := open[len(part):]
		answer, err := s.post(ctx, batch, part)
		again, settleErr := s.settle(batch, part, answer.Value.Results)
		if settleErr != nil {
			return settleErr
		}
		if done := s.run.done(); done != seen { // somebody gets on
			left, own, seen = s.run.Patience, firstWait, done
		}
		open = rest
		if len(again) > 0 {
			open = slices.Concat(again, rest)
			if err == nil {
				err = fmt.Errorf("the server could not store %d of %d lines", len(again), len(part))
			} else if !client.Passing(err) {
				return err
			}
			delay := client.RetryAfter(err)
			if delay <= 0 {
				delay, own = own, min(2*own, longestWait)
			}
			if left -= delay; left < 0 {
				return err
			}
			s.wait(ctx, delay, err)
		}
		if err := ended(ctx); err != nil {
			return err
		}
	}
	s.run.count(Tally{}, batch.position)
	return nil
}

// wait tells of a wait and makes it.
func (s *sender) wait(ctx context.Context, delay time.Duration, why error) {
	if s.run.Waiting != nil {
		s.run.mu.Lock()
		s.run.Waiting(delay, why)
		s.run.mu.Unlock()
	}
	client.Sleep(ctx, delay)
}

// post makes one call, and learns from it how many lines the next one may have.
func (s *sender) post(ctx context.Context, batch *batch, part []line) (client.Answer[client.Batch], error) {
	began := s.run.Now()
	answer, err := s.run.Server.Batch(ctx, batch.body(part))
	took := s.run.Now().Sub(began)
	switch {
	case client.StatusOf(err) == http.StatusTooManyRequests: // fewer lines would be more calls
	case err != nil, answer.Value.Failed > 0, took > slowCall:
		s.most = max(s.most/2, min(s.most, fewestLines))
	case took < quickCall && len(part) == s.most:
		s.most = min(2*s.most, s.run.Lines)
	}
	return answer, err //nolint:wrapcheck // it says whose words it is
}

// settle counts what became of the lines and returns those that must go again.
func (s *sender) settle(batch *batch, part []line, results []client.BatchResult) (again []line, err error) {
	settled := make([]bool, len(part))
	var tally Tally
	for _, result := range results {
		at := result.Line - 1
		if at < 0 || at >= len(part) || settled[at] || result.Error != "" {
			continue
		}
		switch {
		case len(result.Errors) > 0:
			if err := s.run.refuse(part[at].number, reasonOf(result.Errors), batch.raw(part[at])); err != nil {
				return nil, err
			}
		case result.Duplicate:
			tally.Duplicates++
		case result.ID != "":
			tally.Accepted++
		default:
			continue
		}
		settled[at] = true
	}
	s.run.count(tally, 0)
	for i, line := range part {
		if !settled[i] {
			again = append(again, line)
		}
	}
	return again, nil
}

// reasonOf puts the server's words on one line.
func reasonOf(problems []client.FieldProblem) string {
	words := make([]string, 0, len(problems))
	for _, problem := range problems {
		words = append(words, strings.TrimSpace(problem.Field+" "+problem.Message))
	}
	return strings.Join(words, "; ")
}
