package main

import (
	"context"
	"time"
)

// fullSpeed returns the messages per second of the service, from the request that
// starts the scheduler until the store counts all as sent.
func (b bench) fullSpeed(ctx context.Context, w work) (found speed, err error) {
	err = inDirectory(func(dir string) error {
		if err := preload(ctx, dir, w.messages); err != nil {
			return err
		}
		s, err := b.serve(ctx, w.sink, dir)
		if err != nil {
			return err
		}
		defer s.end()
		if err := s.settle(ctx); err != nil {
			return err
		}
		started := time.Now()
		if _, err := s.startScheduler(ctx); err != nil {
			return err
		}
		sent, at, err := s.untilSent(ctx, w.messages)
		if err != nil {
			return err
		}
		found.PerSecond = float64(sent) / at.Sub(started).Seconds()
		found.peakMiB, err = s.memory("VmHWM")
		return err
	})
	return found, err
}

// measureStartUp adds how long a start on an empty store takes, from the start of
// the process to the first 200 of /readyz, and its memory a second later. In that
// second nobody here does anything: what is busy then are other programs.
func (b bench) measureStartUp(ctx context.Context, sink target, ours *self) error {
	return inDirectory(func(dir string) error {
		started := time.Now()
		s, err := b.serve(ctx, sink, dir)
		if err != nil {
			return err
		}
		defer s.end()
		ours.readyMS = append(ours.readyMS, float64(time.Since(started).Microseconds())/1000)
		before, err := readMachine()
		if err != nil {
			return err
		}
		time.Sleep(time.Second)
		after, err := readMachine()
		if err != nil {
			return err
		}
		ours.othersPercent = append(ours.othersPercent, 100*after.busySince(before))
		resident, err := s.memory("VmRSS")
		ours.idleMiB = append(ours.idleMiB, resident)
		return err
	})
}
