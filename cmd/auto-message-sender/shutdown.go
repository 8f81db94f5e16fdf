package main

import (
	"context"
	"slices"
	"time"

	"github.com/sirupsen/logrus"
)

// shutdown is what must be ended, in the order in which it was begun. It is
// ended last in, first out, each step within a time limit of its own.
type shutdown struct {
	log   logrus.FieldLogger
	now   func() time.Time
	steps []shutdownStep
}

type shutdownStep struct {
	name  string
	limit time.Duration
	end   func(ctx context.Context) error
}

// add registers a step; end must return soon after its context ends.
func (s *shutdown) add(name string, limit time.Duration, end func(ctx context.Context) error) {
	s.steps = append(s.steps, shutdownStep{name, limit, end})
}

// run ends everything. A step that fails does not keep the next from ending, nor
// is it a failure of the service: what it leaves – a request, a receipt, at worst
// the lease of a claim – is made good by whoever asks again.
func (s *shutdown) run() {
	for _, step := range slices.Backward(s.steps) {
		started := s.now()
		// The service's own context has ended by now: that is why this runs.
		ctx, cancel := context.WithTimeout(context.Background(), step.limit)
		err := step.end(ctx)
		cancel()
		took := s.now().Sub(started).Milliseconds()
		entry := s.log.WithFields(logrus.Fields{"step": step.name, "duration_ms": took})
		if err != nil {
			entry.WithError(err).Warn("shutdown step left something behind")
			continue
		}
		entry.Debug("shutdown step done")
	}
	if len(s.steps) > 0 {
		s.log.Info("stopped")
	}
}
