package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"auto-message-sender/internal/cli"
	"auto-message-sender/internal/config"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/migrate"
	"auto-message-sender/pkg/logger"
)

// loadsInFlight is how many batches are on their way to MongoDB at the same time; an
// embedded store takes one after the other.
const loadsInFlight = 4

// migrateFlags is the command line of migrate.
type migrateFlags struct {
	from, to   string
	dryRun     bool
	stopSource bool
	batch      int
}

func newMigrateCommand(p process) *cobra.Command {
	var flags migrateFlags
	command := &cobra.Command{
		Use:   "migrate --from STORE --to STORE",
		Short: "Move everything from the embedded store to MongoDB, or back",
		Long: `Move everything from the embedded store to MongoDB, or back, and compare both at the end by
counts and checksums over every field of every record.

A STORE is sqlite (that in DATA_DIR), sqlite:DIR, mongodb (that of MONGODB_URI or
MONGODB_URI_FILE, and MONGODB_DATABASE), or mongodb://HOST/DATABASE. AMS_MIGRATE_FROM and
AMS_MIGRATE_TO, or with _FILE the names of files, serve as well: others on this machine can
read a flag, and a URI may have a password.

The source must be stopped: its scheduler, and every process that serves it. The target must
be empty. Interrupted at any moment, the same command goes on; complete, it does nothing.
No service starts on a target that is not complete. In both stores nothing but a person
starts the scheduler afterwards, also with SCHEDULER_AUTOSTART=always.

Carried: messages with their attempts, claims, delivery reports, the types of their _ids and
fields that are not the service's own; the audit trail; the pace; keys of requests. Not
carried: receipts in Redis, the list of replicas, other collections, and fields that are not
the service's own inside of claim and attempts.

Exit codes: 0 all is moved, and equal; 1 failed, or different; 2 wrong usage; 3 something
stands in the way; 4 a store cannot be reached; 130 interrupted.`,
		Example: "  auto-message-sender migrate --from sqlite --to mongodb --dry-run\n" +
			"  auto-message-sender migrate --from sqlite:/var/lib/ams --to mongodb://db.example.com/auto_message_sender",
		Args: usageOf(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return explainStore(p.migrate(cmd.Context(), flags))
		},
	}
	command.SetFlagErrorFunc(wrongFlag)
	set := command.Flags()
	set.StringVar(&flags.from, "from", "", "the store to move (default AMS_MIGRATE_FROM)")
	set.StringVar(&flags.to, "to", "", "the store to fill (default AMS_MIGRATE_TO)")
	set.BoolVar(&flags.dryRun, "dry-run", false, "only read the source: counts, and what stands in the way")
	set.BoolVar(&flags.stopSource, "stop-source", false, "stop the scheduler of a source that nobody serves any more")
	set.IntVar(&flags.batch, "batch", 500, "documents in one command to MongoDB at most, 1 to 10000")
	return command
}

// migrate moves everything.
func (p process) migrate(ctx context.Context, flags migrateFlags) (err error) {
	cfg, err := p.storeConfig()
	if err != nil {
		return err
	}
	from, to, err := p.places(flags, cfg)
	if err != nil {
		return err
	}
	log, err := logger.New(logger.Options{Level: "warn", Format: config.LogFormatText, Out: p.stderr})
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, from.close(ending), to.close(ending))
	}()
	if err := from.open(ctx, p, cfg, log, flags.batch, false); err != nil {
		return unopened("the source", "--from", err)
	}
	err = to.open(ctx, p, cfg, log, flags.batch, !flags.dryRun)
	if _, missing := errors.AsType[*sqlitestore.MissingError](err); err != nil && (!missing || !flags.dryRun) {
		return unopened("the target", "--to", err)
	}
	shown := newMigrationSteps(p)
	result, err := migrate.Run(ctx, migrate.Options{
		From: from.opened, To: to.opened, FromName: from.name, ToName: to.name,
		OneIDType: to.embedded(), InFlight: inFlight(to), DryRun: flags.dryRun, StopSource: flags.stopSource,
		Now: p.now, NewID: uuid.NewString, Progress: shown.set,
	})
	shown.end()
	return p.migrated(ctx, result, flags, to.name, err)
}

// unopened says which side cannot be opened, and by which flag it was named.
func unopened(side, flag string, err error) error {
	if _, missing := errors.AsType[*sqlitestore.MissingError](err); missing {
		return &usageError{fmt.Errorf("%s: %w; %s sqlite:DIR names its directory", side, err, flag)}
	}
	return fmt.Errorf("%s: %w", side, err)
}

// inFlight returns how many batches are loaded at the same time.
func inFlight(to *place) int {
	if to.embedded() {
		return 1
	}
	return loadsInFlight
}

// places reads the command line.
func (p process) places(flags migrateFlags, cfg config.Config) (from, to *place, err error) {
	if flags.batch < 1 || flags.batch > 10_000 {
		return nil, nil, &usageError{errors.New("--batch must be from 1 to 10000")}
	}
	if from, err = p.placeOf("--from", flags.from, "AMS_MIGRATE_FROM", cfg); err != nil {
		return nil, nil, err
	}
	if to, err = p.placeOf("--to", flags.to, "AMS_MIGRATE_TO", cfg); err != nil {
		return nil, nil, err
	}
	switch {
	case from.embedded() && to.embedded():
		return nil, nil, &usageError{errors.New("both stores are embedded: `auto-message-sender backup` copies one to another place")}
	case !from.embedded() && !to.embedded():
		return nil, nil, &usageError{errors.New("both stores are in MongoDB: mongodump and mongorestore copy one to another database")}
	}
	return from, to, nil
}

// migrated tells what became of it.
func (p process) migrated(ctx context.Context, result migrate.Result, flags migrateFlags, target string, err error) error {
	p.tellLosses(result.Source)
	if err != nil {
		if result.Target != nil {
			err = errors.Join(p.showCensus(result), err)
		}
		if ctx.Err() != nil {
			return &cli.Error{Code: cli.ExitInterrupted, Cause: errors.New("interrupted; the same command goes on")}
		}
		return err
	}
	switch {
	case flags.dryRun:
		if err := p.showCensus(result); err != nil {
			return err
		}
		p.say("nothing was changed")
	case result.Done:
		p.say("%s was filled from this source at %s already; nothing was done", target, result.Migration.CompletedAt.Format(time.RFC3339))
	default:
		if err := p.showCensus(result); err != nil {
			return err
		}
		if result.Resumed {
			p.say("an interrupted migration was completed")
		}
		p.say("all is equal. In both stores the scheduler is stopped, and only a person starts it: POST /api/v1/scheduler/start")
	}
	return result.Trouble
}

// tellLosses tells what was found beside what the service knows.
func (p process) tellLosses(survey migrate.Survey) {
	for _, name := range slices.Sorted(maps.Keys(survey.Extras)) {
		p.say("carried as it is: %s, a field of yours, of %s records", name, thousands(survey.Extras[name]))
	}
	if survey.Lost.Count > 0 {
		p.say("fields of %s final messages cannot be read, and are not carried:\n  %s",
			thousands(survey.Lost.Count), strings.Join(survey.Lost.Told, "\n  "))
	}
}

func (p process) say(format string, args ...any) {
	_, _ = fmt.Fprintf(p.stderr, format+"\n", args...)
}

// showCensus prints the table of what was compared.
func (p process) showCensus(result migrate.Result) error {
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	if result.Target == nil {
		_, _ = fmt.Fprintln(table, "COLLECTION\tSOURCE\tCHECKSUM")
	} else {
		_, _ = fmt.Fprintln(table, "COLLECTION\tSOURCE\tTARGET\tCHECKSUM OF THE SOURCE\tAND OF THE TARGET\t")
	}
	for _, name := range migrate.Names() {
		source := result.Source.Census[name]
		if result.Target == nil {
			_, _ = fmt.Fprintf(table, "%s\t%s\t%.16s\n", name, thousands(source.Count), source.Checksum())
			continue
		}
		target, verdict := result.Target[name], "equal"
		if *source != *target {
			verdict = "DIFFERENT"
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%.16s\t%.16s\t%s\n", name,
			thousands(source.Count), thousands(target.Count), source.Checksum(), target.Checksum(), verdict)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// migrationSteps shows what is being done: on a terminal as it goes, elsewhere a line for each
// step that is over.
type migrationSteps struct {
	process process
	bar     cli.Progress
	step    string
	began   time.Time
	done    int64
}

func newMigrationSteps(p process) *migrationSteps {
	bar := cli.Process{Stderr: p.stderr, Terminal: isTerminal}.NewProgress("migrating")
	return &migrationSteps{process: p, bar: bar}
}

func (s *migrationSteps) set(step string, done, total int64) {
	if step != s.step {
		s.over()
		s.step, s.began = step, s.process.now()
	}
	s.done = done
	words := fmt.Sprintf("%s: %s", step, thousands(done))
	if total > 0 {
		words += " of " + thousands(total)
	}
	s.bar.Set(done, words)
}

// over tells of the step that is over.
func (s *migrationSteps) over() {
	if s.step == "" || s.done == 0 {
		return
	}
	s.bar.Clear()
	s.process.say("%s: %s records in %s", s.step, thousands(s.done), s.process.now().Sub(s.began).Round(time.Millisecond))
}

func (s *migrationSteps) end() {
	s.over()
	s.bar.End()
}
