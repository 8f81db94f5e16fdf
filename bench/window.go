package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// wireTarget is how soon after its window opened a message should have arrived.
const wireTarget = 5 * time.Millisecond

// window measures, at one message a window, how long after the window opened the
// message had arrived at the sink. Nobody asks the service anything meanwhile: it
// would be awake then.
func (b bench) window(ctx context.Context) error {
	return inDirectory(func(dir string) error {
		ledger := filepath.Join(dir, "ledger.jsonl")
		sink, err := b.startSink(ctx, 0, ledger)
		if err != nil {
			return err
		}
		defer sink.end()
		// The window that opens with the start is not counted: somebody asked for it.
		wanted := b.windows + 1
		if err := preload(ctx, dir, wanted+1); err != nil {
			return err
		}
		s, err := b.serve(ctx, sink, dir, "SCHEDULER_INTERVAL="+b.interval.String(), "MESSAGES_PER_INTERVAL=1")
		if err != nil {
			return err
		}
		defer s.end()
		if err := s.settle(ctx); err != nil {
			return err
		}
		b.tell("%d windows of %v", b.windows, b.interval)
		started, err := s.startScheduler(ctx)
		if err != nil {
			return err
		}
		times, err := b.awaitArrivals(ctx, s, ledger, wanted)
		if err != nil {
			return err
		}
		return b.printWindow(byWindow(times, started, b.interval)[1:])
	})
}

// awaitArrivals reads the ledger until n calls are in it, half a window longer
// than they should take at most.
func (b bench) awaitArrivals(ctx context.Context, s service, ledger string, n int) (times []time.Time, err error) {
	patience := time.Duration(n)*b.interval + b.interval/2
	for since := time.Now(); len(times) < n; {
		if time.Since(since) > patience {
			return nil, s.blame(fmt.Errorf("%d of %d messages arrived in %v", len(times), n, patience))
		}
		select {
		case <-time.After(b.interval / 10):
		case <-ctx.Done():
			return nil, ctx.Err() //nolint:wrapcheck // the caller looks for it
		}
		if times, err = arrivals(ledger); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times, nil
}

func (b bench) printWindow(found []arrival) error {
	delays := make([]float64, len(found))
	inTime := 0
	for i, a := range found {
		delays[i] = float64(a.after.Microseconds()) / 1000
		if a.after <= wireTarget {
			inTime++
		}
	}
	var g grid
	g.title(fmt.Sprintf("one message every %v, %d windows", b.interval, len(found)))
	g.title("")
	g.line("from the opening of its window", "", "min", "median", "max", "")
	g.figures("until a message had arrived", "", spreadOf(delays), twoDigits, "ms")
	g.line(fmt.Sprintf("within %v", wireTarget), "", "", strconv.Itoa(inTime), "", fmt.Sprintf("of %d", len(found)))
	return g.print(b.out)
}
