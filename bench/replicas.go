package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// The pace at which replicas are watched: so many a window, for so many windows.
	paceInterval = time.Second
	paceCap      = 50
	paceWindows  = 10
)

// fleet is a number of processes on one store, and what was found, by repeat.
type fleet struct {
	processes int
	perSecond []float64
	each      []float64 // processor time of all of them for a message, in microseconds
	busiest   []float64 // share of that which one process used, in percent
	machine   []float64 // share of the machine's processors that was busy, in percent
	perWindow []int     // calls of each window, at the pace
}

func (f *fleet) String() string {
	if f.processes == 1 {
		return "1 process"
	}
	return fmt.Sprintf("%d processes", f.processes)
}

// replicas measures 1, 2 and 4 processes on one embedded store: first without a
// cap, then whether they keep one pace together.
func (b bench) replicas(ctx context.Context) error {
	fleets := []*fleet{{processes: 1}, {processes: 2}, {processes: 4}}
	for repeat := range b.repeats {
		for _, f := range fleets {
			if err := b.sendTogether(ctx, f); err != nil {
				return fmt.Errorf("%s, repeat %d: %w", f, repeat+1, err)
			}
			b.tell("repeat %d of %d, %s: %s msg/s", repeat+1, b.repeats, f, grouped(f.perSecond[repeat]))
		}
	}
	for _, f := range fleets {
		b.tell("%s at %d messages every %v", f, paceCap, paceInterval)
		if err := b.keepPaceTogether(ctx, f); err != nil {
			return fmt.Errorf("%s at a pace: %w", f, err)
		}
	}
	return b.printReplicas(fleets)
}

// serveMany starts n processes on one directory, at rest.
func (b bench) serveMany(ctx context.Context, n int, sink target, dir string, pace ...string) (many []service, end func(), err error) {
	end = func() {
		for _, s := range many {
			s.end()
		}
	}
	for range n {
		s, err := b.serve(ctx, sink, dir, pace...)
		if err != nil {
			end()
			return nil, nil, err
		}
		many = append(many, s)
	}
	for _, s := range many {
		if err := s.settle(ctx); err != nil {
			end()
			return nil, nil, err
		}
	}
	return many, end, nil
}

func (b bench) sendTogether(ctx context.Context, f *fleet) error {
	sink, err := b.startSink(ctx, 0, "")
	if err != nil {
		return err
	}
	defer sink.end()
	return inDirectory(func(dir string) error {
		if err := preload(ctx, dir, b.messages); err != nil {
			return err
		}
		many, end, err := b.serveMany(ctx, f.processes, sink, dir)
		if err != nil {
			return err
		}
		defer end()
		before, err := processorTimes(many)
		if err != nil {
			return err
		}
		machineBefore, err := readMachine()
		if err != nil {
			return err
		}
		started := time.Now()
		if _, err := many[0].startScheduler(ctx); err != nil {
			return err
		}
		sent, at, err := many[0].untilSent(ctx, b.messages)
		if err != nil {
			return err
		}
		machineAfter, err := readMachine()
		if err != nil {
			return err
		}
		after, err := processorTimes(many)
		if err != nil {
			return err
		}
		f.add(sent, at.Sub(started), before, after, machineAfter.busySince(machineBefore))
		return nil
	})
}

// add keeps the figures of one repeat.
func (f *fleet) add(sent int, took time.Duration, before, after []time.Duration, busy float64) {
	var all, most time.Duration
	for i := range before {
		used := after[i] - before[i]
		all, most = all+used, max(most, used)
	}
	f.perSecond = append(f.perSecond, float64(sent)/took.Seconds())
	f.each = append(f.each, float64(all.Microseconds())/float64(sent))
	f.busiest = append(f.busiest, 100*float64(most)/float64(max(all, 1)))
	f.machine = append(f.machine, 100*busy)
}

func processorTimes(many []service) ([]time.Duration, error) {
	var times []time.Duration
	for _, s := range many {
		used, err := s.processorTime()
		if err != nil {
			return nil, err
		}
		times = append(times, used)
	}
	return times, nil
}

// keepPaceTogether lets the processes work through paceWindows windows.
func (b bench) keepPaceTogether(ctx context.Context, f *fleet) error {
	return inDirectory(func(dir string) error {
		ledger := filepath.Join(dir, "ledger.jsonl")
		sink, err := b.startSink(ctx, 0, ledger)
		if err != nil {
			return err
		}
		defer sink.end()
		if err := preload(ctx, dir, paceCap*(paceWindows+2)); err != nil {
			return err
		}
		many, end, err := b.serveMany(ctx, f.processes, sink, dir,
			"SCHEDULER_INTERVAL="+paceInterval.String(), fmt.Sprintf("MESSAGES_PER_INTERVAL=%d", paceCap))
		if err != nil {
			return err
		}
		defer end()
		started, err := many[0].startScheduler(ctx)
		if err != nil {
			return err
		}
		select {
		case <-time.After(time.Until(started.Add(paceWindows * paceInterval))):
		case <-ctx.Done():
			return ctx.Err()
		}
		times, err := arrivals(ledger)
		f.perWindow = perWindow(byWindow(times, started, paceInterval), paceWindows)
		return err
	})
}

func (b bench) printReplicas(fleets []*fleet) error {
	var g grid
	g.title(fmt.Sprintf("processes on one embedded store: %s messages, sink answers at once, %d in flight each, %d repeats",
		grouped(float64(b.messages)), b.inFlight, b.repeats))
	g.title("")
	g.line("no cap", "min", "median", "max", "")
	row := func(name string, values []float64, show func(float64) string, unit string) {
		s := spreadOf(values)
		g.line(name, show(s.Min), show(s.Median), show(s.Max), unit)
	}
	for _, f := range fleets {
		row(f.String(), f.perSecond, grouped, "msg/s")
		if f.processes > 1 {
			row("  ÷ "+fleets[0].String(), quotients(f.perSecond, fleets[0].perSecond), twoDigits, "×")
		}
		row("  processor for a message", f.each, oneDigit, "µs")
		row("  of it by the busiest process", f.busiest, oneDigit, "%")
		row("  the machine's processors busy", f.machine, oneDigit, "%")
	}
	g.title("")
	g.line(fmt.Sprintf("at most %d every %v", paceCap, paceInterval), "least", "", "most", "calls of each window")
	for _, f := range fleets {
		g.line(f.String(), grouped(float64(slices.Min(f.perWindow))), "",
			grouped(float64(slices.Max(f.perWindow))), strings.Trim(fmt.Sprint(f.perWindow), "[]"))
	}
	return g.print(b.out)
}
