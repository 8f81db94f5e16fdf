// Package migrate moves everything from one store to another: from the embedded one
// to MongoDB when its users outgrow one machine, or back.
//
// The steps, one file each:
//
//	survey.go   the source is read once: is it quiet, can the target hold all of it,
//	            and what is it, by count and checksum
//	copy.go     the target notes the migration, and is filled
//	compare.go  the target is read back, and compared with the survey
//	hold.go     both schedulers are stopped until a person starts one
//
// A crash, kill -9 or the loss of either store, at each arrow:
//
//	survey ──▶ note      Nothing has happened.
//	note ──▶ filled      The note stands in the target, and no service opens it. It
//	                     names the source by what it held (fingerprint). The same
//	                     command finds it, surveys the source again, and, where that
//	                     is what it was, loads everything anew: a record that is there
//	                     stays, so loading twice is loading once.
//	filled ──▶ compared  Likewise.
//	compared ──▶ whole   Likewise. Making a store whole again changes nothing.
//	whole ──▶ held       The target is whole and its scheduler was stopped from the
//	                     first. The source's may still be started by
//	                     SCHEDULER_AUTOSTART; the same command stops it.
//	after                The same command finds a migration that is complete, and does
//	                     nothing.
//
// Checksums are over records, not over what the stores keep of them: each record in
// one canonical form (canonical.go), hashed, and the hashes added up, so that the order
// does not matter and nothing is kept in memory. The source is read twice, by the
// survey and to be copied; it must be the same both times.
package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// Options say what is moved. All but Progress are required; To may be nil where DryRun
// is set.
type Options struct {
	From, To         dataoperations.Archive
	FromName, ToName string // for people; without credentials
	// OneIDType says that the target cannot hold a string and an ObjectID of the same
	// digits beside each other.
	OneIDType  bool
	InFlight   int  // batches that are loaded at the same time, ≥ 1
	DryRun     bool // only survey
	StopSource bool // stop the scheduler of the source, where it runs
	Now        func() time.Time
	NewID      func() string
	// Progress is told how far a step is; total is 0 where nobody knows. Calls do not
	// overlap.
	Progress func(step string, done, total int64)
}

// Result is what a migration came to. It is right beside an error as well, as far as
// the migration came.
type Result struct {
	Source Survey
	Target Census // of what was read back; nil: nothing was
	// Migration is the note in the target.
	Migration dataoperations.Migration
	Resumed   bool  // an interrupted migration went on
	Done      bool  // it was complete before: nothing was done
	Trouble   error // the migration is complete, but the source could not be held
}

// DifferentError says that the target does not hold what the source does.
type DifferentError struct{ Collections []string }

// Error names what differs.
func (e *DifferentError) Error() string {
	return fmt.Sprintf("the target differs from the source in %v: no service opens it; empty it and begin again", e.Collections)
}

// Run moves everything, and compares.
func Run(ctx context.Context, o Options) (Result, error) {
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	var result Result
	if o.To == nil && !o.DryRun {
		return result, errors.New("migrate: no target")
	}
	var err error
	if o.To != nil {
		if result.Migration, err = o.To.Migration(ctx); err != nil {
			return result, fmt.Errorf("the target: %w", err)
		}
	}
	if err := o.quiet(ctx); err != nil {
		return result, err
	}
	if result.Source, err = o.survey(ctx, result.Migration.ID); err != nil {
		return result, err
	}
	if err := result.Source.refuse(); err != nil {
		return result, err
	}
	if o.DryRun {
		return result, nil
	}
	if err := o.begin(ctx, &result); err != nil || result.Done {
		return result, err
	}
	if err := o.copy(ctx, result); err != nil {
		return result, err
	}
	if result.Target, err = o.compare(ctx, result); err != nil {
		return result, err
	}
	if err := o.stillQuiet(ctx); err != nil {
		return result, err
	}
	o.Progress("making the target whole", 0, 0)
	if err := o.To.Complete(ctx, o.Now()); err != nil {
		return result, fmt.Errorf("make the target whole: %w", err)
	}
	result.Trouble = o.holdSource(ctx, result.Migration)
	return result, nil
}

// quiet demands that nobody serves the source, and stops its scheduler where that is
// wanted.
func (o Options) quiet(ctx context.Context) error {
	if o.StopSource && !o.DryRun {
		pacing, err := o.From.Pacing(ctx)
		if err != nil {
			return fmt.Errorf("the source: %w", err)
		}
		if pacing.Running {
			entry := models.Hold(o.NewID(), models.ActorMigrate, "stopped to be moved to "+o.ToName, o.Now())
			if err := o.From.Hold(ctx, entry); err != nil {
				return fmt.Errorf("stop the source's scheduler: %w", err)
			}
		}
	}
	if err := o.From.Quiet(ctx); err != nil {
		return fmt.Errorf("the source: %w", err)
	}
	return nil
}

// stillQuiet demands that nobody has served either store meanwhile.
func (o Options) stillQuiet(ctx context.Context) error {
	if err := o.From.Quiet(ctx); err != nil {
		return fmt.Errorf("the source, while it was copied: %w", err)
	}
	return nil
}
