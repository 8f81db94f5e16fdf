package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"
)

// noisyPercent is the use of the machine by others from which the table warns.
const noisyPercent = 10

// block is the table's part for one latency of the sink.
type block struct {
	latency time.Duration
	rows    []measuredRow
}

// measuredRow is a row and what was found.
type measuredRow struct {
	row

	messages  int       // that it sends
	perSecond []float64 // by repeat
	lacking   string    // why it has no figures; empty: it has
}

// self is what is told of the service beside its speed, by repeat and block.
type self struct {
	readyMS, idleMiB, peakMiB []float64
	othersPercent             []float64 // of the processors, in use while nobody here did anything
}

// table measures every row at every latency, and prints the one table.
func (b bench) table(ctx context.Context) error {
	blocks := make([]block, len(b.latencies))
	for i, latency := range b.latencies {
		blocks[i] = newBlock(b.rows(), b.settings, latency)
	}
	var ours self
	for repeat := range b.repeats {
		for i := range blocks {
			b.tell("repeat %d of %d, sink answers after %v", repeat+1, b.repeats, blocks[i].latency)
			if err := b.measureBlock(ctx, &blocks[i], &ours); err != nil {
				return fmt.Errorf("repeat %d: %w", repeat+1, err)
			}
		}
	}
	if err := b.printTable(blocks, ours); err != nil {
		return err
	}
	return b.keepAndCompare(ratiosOf(blocks))
}

func newBlock(rows []row, s settings, latency time.Duration) block {
	made := block{latency: latency}
	for _, r := range rows {
		made.rows = append(made.rows, measuredRow{
			row: r, messages: messagesOf(r, s.messages, s.inFlight, latency), lacking: r.lacking,
		})
	}
	return made
}

// measureBlock is one repeat of a block: all its rows, one after another.
func (b bench) measureBlock(ctx context.Context, measured *block, ours *self) error {
	sink, err := b.startSink(ctx, measured.latency, "")
	if err != nil {
		return err
	}
	defer sink.end()
	if err := b.measureStartUp(ctx, sink, ours); err != nil {
		return err
	}
	for i := range measured.rows {
		r := &measured.rows[i]
		if r.lacking != "" {
			continue
		}
		found, err := r.measure(ctx, work{sink: sink, messages: r.messages, inFlight: b.inFlight})
		switch {
		case ctx.Err() != nil:
			return ctx.Err() //nolint:wrapcheck // the caller looks for it
		case err != nil && r.name == ourName:
			return err
		case err != nil: // must not cost the other rows
			r.lacking = "failed: " + err.Error()
			b.tell("  %s %s", r.name, r.lacking)
			continue
		}
		b.tell("  %s: %s msg/s", r.name, grouped(found.PerSecond))
		r.perSecond = append(r.perSecond, found.PerSecond)
		if found.peakMiB > 0 {
			ours.peakMiB = append(ours.peakMiB, found.peakMiB)
		}
	}
	return nil
}

// about says how the figures came about, in one line.
func (b bench) about() string {
	sink := "the service's own sink"
	if b.leanSink {
		sink = "a lean sink"
	}
	return fmt.Sprintf("%s messages, %d in flight, %s, %d repeats, %d processors, %s",
		grouped(float64(b.messages)), b.inFlight, sink, b.repeats, runtime.NumCPU(), runtime.Version())
}

// printTable prints a block for each latency: speeds, then ratios.
func (b bench) printTable(blocks []block, ours self) error {
	var g grid
	g.title(b.about())
	for _, measured := range blocks {
		g.title("")
		g.line(fmt.Sprintf("sink answers after %v", measured.latency), "messages", "min", "median", "max", "")
		for _, r := range measured.rows {
			if r.lacking != "" {
				g.line(r.name, "", "", "", "", "left out: "+firstLine(r.lacking))
				continue
			}
			g.figures(r.name, grouped(float64(r.messages)), spreadOf(r.perSecond), grouped, "msg/s")
		}
		for _, r := range ratiosOf([]block{measured}) {
			g.figures(r.name, "", r.spread, twoDigits, "×")
		}
	}
	g.title("")
	g.line("the service by itself", "", "min", "median", "max", "")
	g.figures("start to ready, empty store", "", spreadOf(ours.readyMS), grouped, "ms")
	g.figures("memory, idle", "", spreadOf(ours.idleMiB), oneDigit, "MiB")
	g.figures("memory, peak at full speed", "", spreadOf(ours.peakMiB), oneDigit, "MiB")
	g.title("")
	g.figures("processors used by other programs", "", spreadOf(ours.othersPercent), oneDigit, "%")
	if slices.Max(ours.othersPercent) > noisyPercent {
		g.title("This machine was not quiet: repeat it before you believe it.")
	}
	return g.print(b.out)
}
