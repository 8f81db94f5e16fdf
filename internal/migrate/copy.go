package migrate

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// begin notes the migration in the target, or finds that it goes on, or that it is
// complete.
func (o Options) begin(ctx context.Context, result *Result) error {
	fingerprint := result.Source.Fingerprint()
	noted := result.Migration
	switch {
	case noted.ID == "":
		if err := o.To.Quiet(ctx); err != nil {
			return fmt.Errorf("the target: %w", err)
		}
		result.Migration = dataoperations.Migration{ID: o.NewID(), Source: o.FromName, Fingerprint: fingerprint, BegunAt: o.Now()}
		if err := o.To.Begin(ctx, result.Migration); err != nil {
			return fmt.Errorf("the target: %w", err)
		}
		return nil
	case noted.Fingerprint != fingerprint && noted.CompletedAt.IsZero():
		return models.Conflict("the target holds a part of a migration from " + noted.Source + ", and the source is another, " +
			"or was changed since: empty the target and begin again")
	case noted.Fingerprint != fingerprint:
		return models.Conflict("the target was filled from " + noted.Source + " already, and the source is another, or was changed " +
			"since: a target must be empty")
	case !noted.CompletedAt.IsZero():
		result.Done = true
		result.Trouble = o.holdSource(ctx, noted)
		return nil
	}
	result.Resumed = true
	return nil
}

// copy loads everything, the scheduler first: it is stopped before there is anything
// to send. The source must be what the survey has found.
func (o Options) copy(ctx context.Context, result Result) error {
	record, err := o.From.Pacing(ctx)
	if err != nil {
		return fmt.Errorf("read the source: %w", err)
	}
	if err := o.To.LoadPacing(ctx, record); err != nil {
		return fmt.Errorf("fill the target: %w", err)
	}
	if err := o.holdTarget(ctx, result.Migration); err != nil {
		return err
	}
	read := newCensus()
	if err := read[collectionScheduler].add(pacing(record)); err != nil {
		return err
	}
	tally := tally{progress: o.Progress, step: "copying", total: total(result.Source.Census)}
	tally.add(0)
	for _, collection := range dataoperations.Collections() {
		if err := o.copyCollection(ctx, collection, result.Migration.ID, read, &tally); err != nil {
			return err
		}
	}
	if changed := read.differences(result.Source.Census); len(changed) > 0 {
		return models.Conflict(fmt.Sprintf("the source was changed while it was copied, in %v: end whoever writes to it, "+
			"empty the target and begin again", changed))
	}
	return nil
}

// copyCollection reads a collection and loads it, several batches at a time.
func (o Options) copyCollection(
	ctx context.Context, collection dataoperations.Collection, migrationID string, read Census, tally *tally,
) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(o.InFlight)
	err := o.From.Walk(ctx, collection, func(batch dataoperations.ArchivedBatch) error {
		if err := groupCtx.Err(); err != nil {
			return err //nolint:wrapcheck // the group has the reason
		}
		if err := read.add(batch, migrationID); err != nil {
			return err
		}
		group.Go(func() error {
			if err := o.To.Load(groupCtx, batch); err != nil {
				return fmt.Errorf("fill the target: %w", err)
			}
			tally.add(int64(batch.Len()))
			return nil
		})
		return nil
	})
	if loadErr := group.Wait(); loadErr != nil {
		return loadErr //nolint:wrapcheck // it says what failed
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		err = fmt.Errorf("read the source: %w", err)
	}
	return err
}

// tally tells how far a step is, whoever has come further.
type tally struct {
	mu          sync.Mutex
	progress    func(step string, done, total int64)
	step        string
	done, total int64
}

func (t *tally) add(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done += n
	t.progress(t.step, t.done, t.total)
}

// total returns how many records are walked.
func total(census Census) (n int64) {
	for _, collection := range dataoperations.Collections() {
		n += census[string(collection)].Count
	}
	return n
}
