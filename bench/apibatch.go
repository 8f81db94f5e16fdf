package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	// How many batches are stored, one after the other, and the lines of one.
	batches    = 10
	batchLines = 10_000

	ndjsonType = "application/x-ndjson"
)

// storeBatches measures how many messages a second POST /messages/batch stores, while
// nothing is sent: line by line under ids of the service; then with a key on every
// line, so that their ids are in no order; and as one array.
func (s service) storeBatches(ctx context.Context, m *mixed, found *apiFound) error {
	for _, kind := range []struct {
		perSecond *[]float64
		keys      string // what keys begin with; empty: none
		array     bool
	}{{&found.unkeyed, "", false}, {&found.keyed, "bench", false}, {&found.array, "", true}} {
		if err := s.settle(ctx); err != nil {
			return err
		}
		bodies := make([]string, batches)
		for i := range bodies {
			bodies[i] = m.batch(i*batchLines, kind.keys, kind.array)
		}
		started := time.Now()
		for _, body := range bodies {
			if err := s.storeBatch(ctx, body, kind.array); err != nil {
				return err
			}
		}
		*kind.perSecond = append(*kind.perSecond, batches*batchLines/time.Since(started).Seconds())
	}
	return nil
}

// batch makes a body of messages, numbered from first on.
func (m *mixed) batch(first int, keys string, array bool) string {
	lines := make([]string, batchLines)
	for i := range lines {
		number, key := first+i, ""
		if keys != "" {
			key = fmt.Sprintf("%s-%d", keys, number)
		}
		lines[i] = m.body(number, key)
	}
	if array {
		return "[" + strings.Join(lines, ",") + "]"
	}
	return strings.Join(lines, "\n")
}

func (s service) storeBatch(ctx context.Context, body string, array bool) error {
	q := question{http.MethodPost, apiPath + "/messages/batch", body, ndjsonType, http.StatusOK}
	if array {
		q.contentType = jsonType
	}
	var answer struct {
		Accepted int `json:"accepted"`
	}
	if err := s.ask(ctx, q, &answer); err != nil {
		return err
	}
	if answer.Accepted != batchLines {
		return fmt.Errorf("a batch of %d: %d accepted", batchLines, answer.Accepted)
	}
	return nil
}
