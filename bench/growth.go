package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"auto-message-sender/internal/dataOperations/sqlitestore"
)

const (
	// growthMessages is how many messages are sent, whatever else is in the store.
	growthMessages = 20_000
	// idleFor is how long the service is watched with nothing to do.
	idleFor = 10 * time.Second
	// filingPause is longer than the store waits before it files what was sent.
	filingPause = 8 * time.Second
)

// What the other messages in the store are.
const (
	stateSent    = "sent"
	stateWaiting = "waiting" // due, behind those that are sent
)

// crowd is the other messages in the store.
type crowd struct {
	state string
	size  int
}

func (c crowd) String() string { return grouped(float64(c.size)) + " " + c.state }

// cost is what sending one message took, in microseconds.
type cost struct{ time, processor float64 }

// grown is what was found beside one crowd, by repeat.
type grown struct {
	crowd

	prepared        string    // directory of the store to copy
	time, processor []float64 // of one message, µs
	// The most memory that the process had, MiB: until it had looked through its
	// file, which it does once after a start, and until all was sent.
	startMiB, peakMiB []float64
	idle              []float64 // processor with nothing to do, % of one; of the largest only
}

// growth measures what a message costs with more and more others in the store. In
// every repeat the sizes come one after another, and a ratio is to the first of them.
func (b bench) growth(ctx context.Context) error {
	sink, err := b.startSink(ctx, 0, "")
	if err != nil {
		return err
	}
	defer sink.end()
	return inDirectory(func(dir string) error {
		var all []*grown
		for _, state := range []string{stateSent, stateWaiting} {
			for _, size := range b.sizes {
				g := &grown{crowd: crowd{state, size}, prepared: filepath.Join(dir, fmt.Sprintf("%s-%d", state, size))}
				b.tell("filling a store with %s messages", g.crowd)
				if err := g.prepare(ctx); err != nil {
					return err
				}
				all = append(all, g)
			}
		}
		for repeat := range b.repeats {
			for _, g := range all {
				if err := b.measureGrown(ctx, sink, g); err != nil {
					return fmt.Errorf("%s, repeat %d: %w", g.crowd, repeat+1, err)
				}
				b.tell("repeat %d of %d, %s: %.1f µs a message", repeat+1, b.repeats, g.crowd, g.time[repeat])
			}
		}
		return b.printGrowth(all)
	})
}

// prepare makes the store that is copied for every repeat.
func (g *grown) prepare(ctx context.Context) error {
	return fill(ctx, g.prepared, func(f *filler) error {
		if g.state == stateSent {
			if err := f.sent(ctx, g.size); err != nil {
				return err
			}
			return f.pending(ctx, growthMessages)
		}
		return f.pending(ctx, g.size+growthMessages)
	})
}

// measureGrown sends growthMessages from a copy of the store; beside the most sent
// messages it then watches the service with nothing to do.
func (b bench) measureGrown(ctx context.Context, sink target, g *grown) error {
	return inDirectory(func(dir string) error {
		if err := copyStore(dir, g.prepared); err != nil {
			return err
		}
		s, err := b.serve(ctx, sink, dir)
		if err != nil {
			return err
		}
		defer s.end()
		if err := s.settle(ctx); err != nil {
			return err
		}
		startMiB, err := s.memory("VmHWM")
		if err != nil {
			return err
		}
		found, err := s.costOf(ctx, growthMessages)
		if err != nil {
			return err
		}
		peakMiB, err := s.memory("VmHWM")
		if err != nil {
			return err
		}
		g.time, g.processor = append(g.time, found.time), append(g.processor, found.processor)
		g.startMiB, g.peakMiB = append(g.startMiB, startMiB), append(g.peakMiB, peakMiB)
		if g.crowd != (crowd{stateSent, slices.Max(b.sizes)}) {
			return nil
		}
		if err := s.restFor(ctx, filingPause, filingPause/50); err != nil {
			return err
		}
		used, err := s.processorTimeOver(ctx, idleFor)
		g.idle = append(g.idle, 100*used.Seconds()/idleFor.Seconds())
		return err
	})
}

// costOf starts the scheduler and measures until n more messages are sent.
func (s service) costOf(ctx context.Context, n int) (cost, error) {
	before, err := s.sent(ctx)
	if err != nil {
		return cost{}, err
	}
	used, err := s.processorTime()
	if err != nil {
		return cost{}, err
	}
	started := time.Now()
	if _, err := s.startScheduler(ctx); err != nil {
		return cost{}, err
	}
	sent, at, err := s.untilSent(ctx, before+n)
	if err != nil {
		return cost{}, err
	}
	usedNow, err := s.processorTime()
	each := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 / float64(sent-before) }
	return cost{time: each(at.Sub(started)), processor: each(usedNow - used)}, err
}

// copyStore copies the file of a store that is closed, down to the disk.
func copyStore(to, from string) (err error) {
	source, err := os.Open(filepath.Join(from, sqlitestore.FileName)) //nolint:gosec // of ours
	if err != nil {
		return fmt.Errorf("copy the store: %w", err)
	}
	defer func() { _ = source.Close() }()
	file, err := os.OpenFile(filepath.Join(to, sqlitestore.FileName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // of ours
	if err != nil {
		return fmt.Errorf("copy the store: %w", err)
	}
	_, err = io.Copy(file, source)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("copy the store: %w", err)
	}
	return nil
}

func (b bench) printGrowth(all []*grown) error {
	var g grid
	g.title(fmt.Sprintf("cost of one of %s messages beside others in the store, %d in flight, %d repeats",
		grouped(growthMessages), b.inFlight, b.repeats))
	g.title("")
	g.line("others in the store", "", "min", "median", "max", "")
	var first *grown
	for _, one := range all {
		if first == nil || first.state != one.state {
			first = one
		}
		g.figures(one.String(), "time of a message", spreadOf(one.time), oneDigit, "µs")
		g.figures("", "processor for it", spreadOf(one.processor), oneDigit, "µs")
		g.figures("", "memory, peak after the start", spreadOf(one.startMiB), oneDigit, "MiB")
		g.figures("", "memory, peak at the end", spreadOf(one.peakMiB), oneDigit, "MiB")
		if first != one {
			g.figures("  ÷ "+first.String(), "time of a message", spreadOf(quotients(one.time, first.time)), twoDigits, "×")
			g.figures("", "processor for it", spreadOf(quotients(one.processor, first.processor)), twoDigits, "×")
		}
		if len(one.idle) > 0 {
			g.figures("  nothing due", fmt.Sprintf("processor over %v", idleFor), spreadOf(one.idle), twoDigits, "% of one")
		}
	}
	return g.print(b.out)
}
