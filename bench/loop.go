package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// clientLoop POSTs s.messages messages from s.inFlight goroutines and nothing
// else, and returns the messages per second: what the machine and net/http
// allow together with this sink.
func clientLoop(ctx context.Context, url string, s settings) (float64, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConns: s.inFlight, MaxIdleConnsPerHost: s.inFlight}}
	defer client.CloseIdleConnections()

	var next, failed atomic.Int64
	var workers sync.WaitGroup
	started := time.Now()
	for range s.inFlight {
		workers.Go(func() {
			for i := next.Add(1); i <= int64(s.messages); i = next.Add(1) {
				if post(ctx, client, url, i) != nil {
					failed.Add(1)
				}
			}
		})
	}
	workers.Wait()
	if failed.Load() > 0 {
		return 0, fmt.Errorf("client loop: %d of %d calls failed", failed.Load(), s.messages)
	}
	return float64(s.messages) / time.Since(started).Seconds(), nil
}

func post(ctx context.Context, client *http.Client, url string, i int64) error {
	body := fmt.Sprintf(`{"to":"%s","content":"%s"}`, recipient(int(i)), content(int(i)))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("call the sink: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return fmt.Errorf("read the sink's answer: %w", err)
	}
	return nil
}

// recipient and content make message i, the same for loop and service.
func recipient(i int) string { return fmt.Sprintf("+90555%07d", i%10_000_000) }

func content(i int) string { return fmt.Sprintf("Benchmark message number %d, of a usual length.", i) }
