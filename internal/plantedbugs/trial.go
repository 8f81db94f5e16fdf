package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// shownLines is how much is shown of what an unexpected run printed.
const shownLines = 40

// trial plants faults in a tree, one at a time, and lets tests judge.
type trial struct {
	tree tree
	test func(context.Context, target) (outcome, error)
	out  io.Writer
}

// result is a fault and what was made of it.
type result struct {
	bug
	caught bool
	by     string        // the test
	after  time.Duration // that the test took
	why    string        // it was not caught
}

// healthy shows that each test passes without a fault, else its failing with one
// would mean nothing.
func (t trial) healthy(ctx context.Context, bugs []bug) error {
	known := map[string]bool{}
	for _, one := range bugs {
		at := one.target
		if known[at.pkg+" "+at.test] {
			continue
		}
		known[at.pkg+" "+at.test] = true
		judged, err := t.test(ctx, at)
		if err != nil {
			return err
		}
		t.say("without a fault: %s in %s: %s", at.test, at.pkg, judged.verdict)
		if judged.verdict != passed {
			t.show(judged)
			return errors.New("the tree itself is not in order: nothing was planted")
		}
	}
	return nil
}

// all plants one fault after the other. Its error says how many were not caught.
func (t trial) all(ctx context.Context, bugs []bug) ([]result, error) {
	results := make([]result, 0, len(bugs))
	missed := 0
	for _, one := range bugs {
		done, err := t.plant(ctx, one)
		if err != nil {
			return nil, err
		}
		t.say("%s: %s", one.name, done.line())
		if !done.caught {
			missed++
		}
		results = append(results, done)
	}
	t.say("\n%s", table(results))
	if missed > 0 {
		return results, fmt.Errorf("%d of %d faults were not caught", missed, len(bugs))
	}
	return results, nil
}

// plant plants one fault, runs its test, and takes the fault out again. An error is
// one of the trial itself, not of the fault.
func (t trial) plant(ctx context.Context, one bug) (result, error) {
	done := result{bug: one}
	remove, err := t.tree.plant(one)
	if err != nil {
		done.why = "does not apply: " + err.Error()
		return done, nil //nolint:nilerr // it is the fault's, and told as such
	}
	judged, err := t.test(ctx, one.target)
	if err = errors.Join(err, remove()); err != nil {
		return result{}, err
	}
	switch judged.verdict {
	case failed:
		done.caught, done.by, done.after = true, judged.test, judged.after
	case passed:
		done.why = "SURVIVED " + one.target.test
	case unbuilt, undecided:
		done.why = string(judged.verdict)
		t.show(judged)
	}
	return done, nil
}

// line tells the result in a line.
func (r result) line() string {
	if !r.caught {
		return r.why
	}
	return fmt.Sprintf("caught by %s in %s (%.1f s)", r.by, r.target.pkg, r.after.Seconds())
}

// show prints the end of what a run has printed.
func (t trial) show(judged outcome) {
	lines := strings.Split(strings.TrimSpace(judged.output), "\n")
	t.say("    %s", strings.Join(lines[max(0, len(lines)-shownLines):], "\n    "))
}

func (t trial) say(format string, values ...any) { _, _ = fmt.Fprintf(t.out, format+"\n", values...) }
