package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"auto-message-sender/internal/sink"
)

// arrivals returns when each call of a sink's ledger had arrived, to the microsecond.
func arrivals(path string) ([]time.Time, error) {
	text, err := os.ReadFile(path) //nolint:gosec // of ours
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	return parseArrivals(text)
}

// parseArrivals reads the lines that are complete: the sink may be writing one.
func parseArrivals(text []byte) ([]time.Time, error) {
	var times []time.Time
	for line := range bytes.Lines(text) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		var entry sink.Entry
		if err := json.Unmarshal(line, &entry); err != nil {
			return nil, fmt.Errorf("read the ledger: %w", err)
		}
		at, err := time.Parse(time.RFC3339Nano, entry.Time)
		if err != nil {
			return nil, fmt.Errorf("read the ledger: %w", err)
		}
		times = append(times, at)
	}
	return times, nil
}

// arrival is a call and the window that was open then.
type arrival struct {
	window int           // k of started_at + k·interval
	after  time.Duration // since that window opened
}

// byWindow says for each call which window was open when it arrived.
func byWindow(times []time.Time, started time.Time, interval time.Duration) []arrival {
	found := make([]arrival, len(times))
	for i, at := range times {
		since := at.Sub(started)
		found[i] = arrival{window: int(since / interval), after: since % interval}
	}
	return found
}

// perWindow counts the calls of the windows 0 to n-1.
func perWindow(found []arrival, n int) []int {
	counts := make([]int, n)
	for _, a := range found {
		if a.window >= 0 && a.window < n {
			counts[a.window]++
		}
	}
	return counts
}
