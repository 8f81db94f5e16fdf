package importing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"auto-message-sender/internal/client"
)

// Server is what an import needs of the API; see client.Client. It should not wait
// and try again by itself: the import does, with smaller batches.
type Server interface {
	Batch(ctx context.Context, lines []byte) (client.Answer[client.Batch], error)
}

// Import is one run over one file.
type Import struct {
	Source   Source
	Campaign string
	Server   Server        // nil: nothing is sent, only counted
	Refusals *Refusals     // nil: refused lines are only counted
	InFlight int           // batches that are under way at the same time, ≥ 1
	Lines    int           // in one batch, 1 to client.MaxBatchLines
	Patience time.Duration // how long to go on with no line done
	Now      func() time.Time
	Position func() int64 // how many bytes of the file were read

	// What follows may be nil. No two of the calls come at the same time.
	Progress func(tally Tally, position int64) // every now and then, and at the end
	Refused  func(line int64, reason string)   // a line was refused
	Waiting  func(delay time.Duration, why error)
}

// Tally is what became of the lines so far.
type Tally struct {
	Read       int64 `json:"read"` // the sum of the others, once the import is complete
	Accepted   int64 `json:"accepted"`
	Duplicates int64 `json:"duplicates"` // accepted before, by an earlier run
	Refused    int64 `json:"refused"`
	Skipped    int64 `json:"skipped"`        // erased ones, and those of a status that is not sent again
	Final      int64 `json:"final,omitzero"` // how many of the skipped ones were so for their status
}

// run is an Import under way.
type run struct {
	Import

	mu       sync.Mutex
	tally    Tally
	position int64
}

// Run imports until the file ends, ctx does, or nothing goes on any more. The tally
// is right beside an error as well, but for lines whose answer never came: these are
// read and nothing else, and may have been accepted.
func (i Import) Run(ctx context.Context) (Tally, error) {
	r := &run{Import: i}
	if r.Refusals != nil {
		r.Refusals.source = i.Source
	}
	group, groupCtx := errgroup.WithContext(ctx)
	batches := make(chan *batch)
	var broken error // the file is; what was read of it is sent nevertheless
	group.Go(func() error {
		defer close(batches)
		var err error
		broken, err = r.read(groupCtx, batches)
		return err
	})
	for range i.InFlight {
		group.Go(func() error {
			sender := &sender{run: r, most: min(i.Lines, firstLines)}
			for batch := range batches {
				if err := sender.send(groupCtx, batch); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	if err == nil {
		err = broken
	}
	return r.tally, err
}

// read makes batches of the file. It returns what keeps the rest of the file from
// being read, and what else ended the reading.
func (r *run) read(ctx context.Context, batches chan<- *batch) (broken, err error) {
	keys := newKeys(r.Campaign)
	current := new(batch)
	for {
		item, err := r.Source.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				broken = fmt.Errorf("line %d: %w", item.Line, err)
			}
			return broken, r.pass(ctx, current, batches)
		}
		if err := r.take(item, keys, current); err != nil {
			return nil, err
		}
		if current.read < r.Lines && current.bodies.Len() < batchBytes {
			continue
		}
		if err := r.pass(ctx, current, batches); err != nil {
			return nil, err
		}
		current = new(batch)
	}
}

// take puts an item where it belongs: into the batch, or among the refused ones.
func (r *run) take(item Item, keys *keys, into *batch) error {
	into.read++
	switch {
	case item.Skip:
		more := Tally{Read: 1, Skipped: 1}
		if item.Final {
			more.Final = 1
		}
		r.count(more, 0)
		return nil
	case item.Fault != "":
		r.count(Tally{Read: 1}, 0)
		return r.refuse(item.Line, item.Fault, item.Raw)
	}
	message, err := messageOf(item.Row, keys.next(item.Row), r.Now())
	if err != nil {
		r.count(Tally{Read: 1}, 0)
		return r.refuse(item.Line, err.Error(), item.Raw)
	}
	if r.Server == nil {
		r.count(Tally{Read: 1, Accepted: 1}, 0)
		return nil
	}
	r.count(Tally{Read: 1}, 0)
	if err := into.add(item, message); err != nil {
		return r.refuse(item.Line, err.Error(), item.Raw)
	}
	return nil
}

// pass hands a batch to whoever is free.
func (r *run) pass(ctx context.Context, current *batch, batches chan<- *batch) error {
	current.position = r.Position()
	if len(current.lines) == 0 {
		r.count(Tally{}, current.position)
		return ended(ctx)
	}
	select {
	case batches <- current:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}

func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("broken off: %w", err)
	}
	return nil
}

// refuse counts a line as refused and writes it down.
func (r *run) refuse(line int64, reason string, raw []byte) error {
	if r.Refusals != nil {
		if err := r.Refusals.add(line, reason, raw); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.Refused++
	if r.Refused != nil {
		r.Refused(line, reason)
	}
	return nil
}

// done returns how many lines are settled.
func (r *run) done() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tally.Accepted + r.tally.Duplicates + r.tally.Refused + r.tally.Skipped
}

// count adds to the tally. With a position, up to which the file is done with, it
// tells how far the import is.
func (r *run) count(more Tally, position int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.Read += more.Read
	r.tally.Accepted += more.Accepted
	r.tally.Duplicates += more.Duplicates
	r.tally.Skipped += more.Skipped
	r.tally.Final += more.Final
	if position == 0 {
		return
	}
	r.position = max(r.position, position)
	if r.Progress != nil {
		r.Progress(r.tally, r.position)
	}
}

// String is the tally in a few words.
func (t Tally) String() string {
	words := []string{fmt.Sprintf("%d accepted", t.Accepted)}
	for _, part := range []struct {
		n    int64
		what string
	}{{t.Duplicates, "duplicates"}, {t.Refused, "refused"}, {t.Skipped, "skipped"}} {
		if part.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	return strings.Join(words, ", ")
}

// Summary is the tally in a sentence; of a dry run, nothing was accepted.
func (t Tally) Summary(dryRun bool) string {
	accepted := "accepted"
	if dryRun {
		accepted = "would be sent to the server"
	}
	text := fmt.Sprintf("%d messages read: %d %s, %d accepted before, %d refused, %d skipped",
		t.Read, t.Accepted, accepted, t.Duplicates, t.Refused, t.Skipped)
	if t.Final > 0 {
		text += fmt.Sprintf(" (%d for their status)", t.Final)
	}
	return text
}
