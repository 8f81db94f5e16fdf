package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// clientLoop POSTs the messages from w.inFlight goroutines and does nothing else:
// what the machine and net/http allow together with this sink.
func clientLoop(ctx context.Context, w work) (speed, error) {
	client := &http.Client{Transport: &http.Transport{
		MaxIdleConns: w.inFlight, MaxIdleConnsPerHost: w.inFlight, DisableCompression: true,
	}}
	defer client.CloseIdleConnections()

	var next, failed atomic.Int64
	var workers sync.WaitGroup
	started := time.Now()
	for range w.inFlight {
		workers.Go(func() {
			for i := next.Add(1); i <= int64(w.messages); i = next.Add(1) {
				if post(ctx, client, w.sink.url, int(i)) != nil {
					failed.Add(1)
				}
			}
		})
	}
	workers.Wait()
	if failed.Load() > 0 {
		return speed{}, fmt.Errorf("client loop: %d of %d calls failed", failed.Load(), w.messages)
	}
	return speed{PerSecond: float64(w.messages) / time.Since(started).Seconds()}, nil
}

func post(ctx context.Context, client *http.Client, url string, i int) error {
	body := fmt.Sprintf(`{"to":"%s","content":"%s"}`, recipient(i), content(i))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", strconv.Itoa(i))
	response, err := client.Do(request)
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
