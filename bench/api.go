package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// The pace meanwhile: 5,000 messages a second.
	apiInterval  = 100 * time.Millisecond
	apiPerWindow = 500
	// apiRounds is how often each request is made, once after the other.
	apiRounds = 300
	// apiEvery is the least time from one request to the next: clients that ask 100
	// times a second, one at a time.
	apiEvery = 10 * time.Millisecond
)

// asked is what was found of the API, at rest or while messages were sent.
type asked struct {
	calls         []timed // as apiCalls lists them
	fewest        int     // samples of a request in a repeat
	sentPerSecond []float64
	othersPercent []float64 // of the processors, in use by other programs meanwhile
}

// apiFound is all that was found.
type apiFound struct {
	names                 []string
	rest, sending         asked
	unkeyed, keyed, array []float64 // messages per second of a batch, by repeat
}

// api measures how soon the API answers beside a million messages, first at rest, then
// while the service sends; at last how many messages a second a batch stores.
func (b bench) api(ctx context.Context) error {
	sink, err := b.startSink(ctx, 0, "")
	if err != nil {
		return err
	}
	defer sink.end()
	return inDirectory(func(dir string) error {
		m := newMixed(slices.Max(b.sizes))
		prepared := filepath.Join(dir, "mixed")
		b.tell("filling a store with %s messages", grouped(float64(m.size)))
		if err := m.prepare(ctx, prepared); err != nil {
			return err
		}
		var found apiFound
		for repeat := range b.repeats {
			if err := b.askRepeat(ctx, sink, m, prepared, &found); err != nil {
				return fmt.Errorf("repeat %d: %w", repeat+1, err)
			}
			b.tell("repeat %d of %d: %s messages a second sent meanwhile, others used %.0f %% and %.0f %% of the processors",
				repeat+1, b.repeats, grouped(found.sending.sentPerSecond[repeat]), found.rest.othersPercent[repeat], found.sending.othersPercent[repeat])
		}
		return b.printAPI(m, found)
	})
}

// askRepeat is one repeat, on a copy of the store.
func (b bench) askRepeat(ctx context.Context, sink target, m *mixed, prepared string, found *apiFound) error {
	return inDirectory(func(dir string) error {
		if err := copyStore(dir, prepared); err != nil {
			return err
		}
		s, err := b.serve(ctx, sink, dir, "SCHEDULER_INTERVAL="+apiInterval.String(), "MESSAGES_PER_INTERVAL="+strconv.Itoa(apiPerWindow))
		if err != nil {
			return err
		}
		defer s.end()
		if err := s.settle(ctx); err != nil { // checked, recounted, and filed
			return err
		}
		deep, err := s.walk(ctx, min(deepAfter, m.size/2))
		if err != nil {
			return err
		}
		calls := m.apiCalls(deep)
		found.names = found.names[:0]
		for _, call := range calls {
			found.names = append(found.names, call.name)
		}
		if err := s.askAll(ctx, sink, calls, apiRounds*time.Minute, &found.rest); err != nil {
			return err
		}
		if _, err := s.startScheduler(ctx); err != nil {
			return err
		}
		// No longer than the backlog lasts.
		lasts := apiInterval * time.Duration(m.backlog()/apiPerWindow)
		if err := s.askAll(ctx, sink, calls, lasts*9/10, &found.sending); err != nil {
			return err
		}
		if err := s.call(ctx, "POST", apiPath+"/scheduler/stop", nil); err != nil {
			return err
		}
		if err := s.settle(ctx); err != nil {
			return err
		}
		return s.storeBatches(ctx, m, found)
	})
}

// askAll makes each request, one after the other and round after round, for so long
// at most.
func (s service) askAll(ctx context.Context, sink target, calls []apiCall, atMost time.Duration, result *asked) error {
	before, err := s.usage(ctx, sink)
	if err != nil {
		return err
	}
	samples, found := make([][]time.Duration, len(calls)), make([]bool, len(calls))
	pace := time.NewTicker(apiEvery)
	defer pace.Stop()
	for round := 0; round < apiRounds && time.Since(before.at) < atMost; round++ {
		for i, call := range calls {
			if round%call.every != 0 {
				continue
			}
			select {
			case <-pace.C:
			case <-ctx.Done():
				return ctx.Err() //nolint:wrapcheck // the caller looks for it
			}
			q := call.question()
			started := time.Now()
			text, err := s.answer(ctx, q)
			if err != nil {
				return s.blame(err)
			}
			samples[i] = append(samples[i], time.Since(started))
			found[i] = found[i] || strings.Contains(string(text), call.finds)
		}
	}
	after, err := s.usage(ctx, sink)
	if err != nil {
		return err
	}
	if i := slices.Index(found, false); i >= 0 {
		return fmt.Errorf("%s: no answer has %s", strings.TrimSpace(calls[i].name), calls[i].finds)
	}
	result.add(samples, before, after)
	return nil
}

func (a *asked) add(samples [][]time.Duration, before, after usage) {
	if a.calls == nil {
		a.calls, a.fewest = make([]timed, len(samples)), len(samples[0])
	}
	for i := range samples {
		a.calls[i].add(samples[i])
	}
	a.fewest = min(a.fewest, len(samples[0]))
	a.sentPerSecond = append(a.sentPerSecond, float64(after.sent-before.sent)/after.at.Sub(before.at).Seconds())
	a.othersPercent = append(a.othersPercent, 100*after.othersSince(before))
}
