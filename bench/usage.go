package main

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"time"
)

// usage is what has been used up to a moment.
type usage struct {
	at      time.Time
	sent    int // messages
	machine machine
	ours    time.Duration // processor time of the service, of the sink, and of bench itself
}

func (s service) usage(ctx context.Context, sink target) (usage, error) {
	var found usage
	var err error
	if found.sent, err = s.sent(ctx); err != nil {
		return usage{}, err
	}
	for _, p := range []*process{s.process, sink.process} {
		used, err := p.processorTime()
		if err != nil {
			return usage{}, err
		}
		found.ours += used
	}
	var self syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &self); err != nil {
		return usage{}, fmt.Errorf("read the processor time of bench: %w", err)
	}
	found.ours += time.Duration(self.Utime.Nano() + self.Stime.Nano())
	found.machine, err = readMachine()
	found.at = time.Now()
	return found, err
}

// othersSince returns the share of the machine's processors that other programs have
// used, 0 to 1.
func (u usage) othersSince(before usage) float64 {
	all := u.at.Sub(before.at) * time.Duration(runtime.NumCPU())
	ours := float64(u.ours-before.ours) / float64(all)
	return max(0, u.machine.busySince(before.machine)-ours)
}
