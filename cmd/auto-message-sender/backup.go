package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"auto-message-sender/internal/cli"
	"auto-message-sender/internal/config"
	"auto-message-sender/internal/dataOperations/sqlitestore"
	"auto-message-sender/internal/models"
	"auto-message-sender/pkg/logger"
)

func newBackupCommand(p process) *cobra.Command {
	var dir string
	command := &cobra.Command{
		Use:   "backup [--data-dir DIR] TARGET",
		Short: "Copy the embedded store, while the service runs, to a file that can be restored",
		Long: `Copy the embedded store, as it is at one moment and while the service runs, to TARGET: a file
that does not exist yet, or a directory, where the copy is called messages-<UTC time>.db.

The copy is looked through before it gets its name, so a file with that name can be
restored: end the service, put the file into DATA_DIR as messages.db, move messages.db-wal
and messages.db-shm away, and start the service. The scheduler is stopped in the copy, and
stays so until a person starts it, also with SCHEDULER_AUTOSTART=always: what waits in it
may have been sent since.

MongoDB is backed up by mongodump, or by whoever runs it.

Exit codes: 0 the backup is there; 1 failed; 2 wrong usage; 3 TARGET exists; 4 the store
cannot be reached, or the disk is full.`,
		Example: "  auto-message-sender backup /var/backups/ams/\n  auto-message-sender backup --data-dir /var/lib/ams today.db",
		Args:    usageOf(oneTarget),
		RunE: func(cmd *cobra.Command, args []string) error {
			return explainStore(p.backup(cmd.Context(), dir, args[0]))
		},
	}
	command.SetFlagErrorFunc(wrongFlag)
	command.Flags().StringVar(&dir, "data-dir", "", "directory of the store (default DATA_DIR)")
	return command
}

// backup copies the store in dir, or in DATA_DIR, to target.
func (p process) backup(ctx context.Context, dir, target string) error {
	if dir == "" {
		cfg, err := p.storeConfig()
		if err != nil {
			return err
		}
		if cfg.UsesMongoDB() {
			return &usageError{errors.New("MONGODB_URI is set, so the messages are in MongoDB: back that up with mongodump, " +
				"or with what its provider offers; --data-dir DIR backs an embedded store up all the same")}
		}
		dir = cfg.DataDir
	}
	// The target may be a directory, and with a slash at its end has to be one.
	if _, err := os.Stat(filepath.Dir(target)); errors.Is(err, fs.ErrNotExist) {
		return &usageError{fmt.Errorf("the directory %s does not exist", filepath.Dir(target))}
	}
	log, err := logger.New(logger.Options{Level: "warn", Format: config.LogFormatText, Out: p.stderr})
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	made, err := sqlitestore.Backup(ctx, sqlitestore.Options{Dir: dir, Now: p.now, NewID: uuid.NewString, Log: log}, target)
	if errors.Is(err, fs.ErrExist) {
		return &cli.Error{Code: cli.ExitConflict, Cause: err}
	}
	if err != nil {
		return err //nolint:wrapcheck // it says what failed
	}
	waiting := made.Counts[models.StatusPending] + made.Counts[models.StatusScheduled] + made.Counts[models.StatusSending]
	total := int64(0)
	for _, n := range made.Counts {
		total += n
	}
	_, err = fmt.Fprintf(p.stdout, "%s: %s messages, %s of them not sent yet, %s bytes; its scheduler is stopped\n",
		made.Path, thousands(total), thousands(waiting), thousands(made.Bytes))
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// storeConfig returns the settings of the stores. Others may be wrong, and are not spoken
// of: nothing is sent.
func (p process) storeConfig() (config.Config, error) {
	cfg, warnings, err := config.Load(p.environ, p.dotenv)
	p.warn(warnings)
	if wrong, ok := errors.AsType[*config.Error](err); ok {
		ours := []string{"DATA_DIR", "MONGODB_URI", "MONGODB_URI_FILE", "MONGODB_DATABASE", "MONGODB_TIMEOUT"}
		if !wrong.About(ours...) {
			return cfg, nil
		}
		err = &config.Error{Problems: slices.DeleteFunc(slices.Clone(wrong.Problems), func(problem config.Problem) bool {
			return !slices.Contains(ours, problem.Name)
		})}
	}
	if err != nil {
		return cfg, fmt.Errorf("configuration: %w", err)
	}
	return cfg, nil
}

// oneTarget refuses a command line without a target, or with more than one.
func oneTarget(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return errors.New("name one TARGET: a file that does not exist yet, or a directory")
	}
	return nil
}

// usageOf makes what is wrong with arguments an error about the command line.
func usageOf(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return wrongFlag(cmd, err)
		}
		return nil
	}
}

func wrongFlag(cmd *cobra.Command, err error) error {
	return &usageError{fmt.Errorf("%w; see auto-message-sender %s --help", err, cmd.Name())}
}

// explainStore gives an error of a store the exit code that it stands for.
func explainStore(err error) error {
	if _, done := errors.AsType[*cli.Error](err); done || err == nil {
		return err
	}
	if _, wrong := errors.AsType[*usageError](err); wrong {
		return err
	}
	if _, missing := errors.AsType[*sqlitestore.MissingError](err); missing {
		return &usageError{fmt.Errorf("%w; --data-dir, or DATA_DIR, names its directory", err)}
	}
	switch models.KindOf(err) {
	case models.KindConflict:
		return &cli.Error{Code: cli.ExitConflict, Cause: err}
	case models.KindUnavailable:
		return &cli.Error{Code: cli.ExitUnreachable, Cause: err}
	case models.KindInvalid, models.KindNotFound, models.KindCorrupt:
	}
	return err
}

// thousands writes a number for people.
func thousands(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
