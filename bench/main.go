// Command bench measures the service at full speed beside a plain client loop
// without a store, in one run, so that their ratio holds on any machine.
//
// The work: N pending messages in the embedded store, a sink that answers at
// once, no cap on the pace. The run ends when every message is sent and durably
// recorded (fsync on). The loop POSTs the same N messages with net/http from as
// many goroutines as the service sends at once.
//
// Sink and service are processes of the real binary; give its path with -binary.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"text/tabwriter"
	"time"
)

// settings is what is measured.
type settings struct {
	binary   string
	messages int
	inFlight int
	latency  time.Duration
	repeats  int
}

// figures is what one repeat found.
type figures struct {
	loop    float64       // messages per second, client loop without a store
	service float64       // messages per second, sent and recorded
	ready   time.Duration // from start of the process to the first 200 of /readyz, empty store
	idleRSS float64       // MiB, of the process once ready
	peakRSS float64       // MiB, after the run
}

func main() {
	var s settings
	flag.StringVar(&s.binary, "binary", "bin/auto-message-sender", "the service's binary")
	flag.IntVar(&s.messages, "n", 50_000, "messages a repeat")
	flag.IntVar(&s.inFlight, "in-flight", 256, "MAX_IN_FLIGHT, and the loop's goroutines")
	flag.DurationVar(&s.latency, "latency", 0, "how long the sink takes to answer")
	flag.IntVar(&s.repeats, "repeats", 3, "how often to measure")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, s, os.Stdout)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings, out io.Writer) error {
	_, _ = fmt.Fprintf(out, "%d messages, %d in flight, sink answers after %v, embedded store with fsync, LOG_LEVEL=warn, %d repeats\n\n",
		s.messages, s.inFlight, s.latency, s.repeats)
	var all []figures
	for i := range s.repeats {
		one, err := measure(ctx, s)
		if err != nil {
			return fmt.Errorf("repeat %d: %w", i+1, err)
		}
		all = append(all, one)
	}
	return report(out, all)
}

// measure is one repeat: loop and service against the same sink.
func measure(ctx context.Context, s settings) (figures, error) {
	sink, err := startSink(ctx, s)
	if err != nil {
		return figures{}, err
	}
	defer sink.end()

	var f figures
	if f.loop, err = clientLoop(ctx, sink.url(), s); err != nil {
		return figures{}, err
	}
	if f.ready, f.idleRSS, err = startUp(ctx, sink.url(), s); err != nil {
		return figures{}, err
	}
	if f.service, f.peakRSS, err = fullSpeed(ctx, sink.url(), s); err != nil {
		return figures{}, err
	}
	return f, nil
}

func report(out io.Writer, all []figures) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name, unit string, value func(figures) float64) {
		values := make([]float64, len(all))
		for i, f := range all {
			values[i] = value(f)
		}
		slices.Sort(values)
		_, _ = fmt.Fprintf(table, "%s\t%s\t%.2f\t%.2f\t%.2f\t\n", name, unit,
			values[0], values[len(values)/2], values[len(values)-1])
	}
	_, _ = fmt.Fprintln(table, "figure\tunit\tmin\tmedian\tmax\t")
	row("client loop, net/http, no store", "msg/s", func(f figures) float64 { return f.loop })
	row("auto-message-sender, sent and recorded", "msg/s", func(f figures) float64 { return f.service })
	row("ratio", "×", func(f figures) float64 { return f.service / f.loop })
	row("start to ready", "ms", func(f figures) float64 { return float64(f.ready.Microseconds()) / 1000 })
	row("memory, idle", "MiB", func(f figures) float64 { return f.idleRSS })
	row("memory, after full speed", "MiB", func(f figures) float64 { return f.peakRSS })
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	return nil
}
