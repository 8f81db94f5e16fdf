package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"auto-message-sender/internal/cli"
	"auto-message-sender/internal/config"
)

// Exit codes.
const (
	exitDone          = 0
	exitFailed        = 1
	exitConfiguration = 2   // nothing was started: a wrong setting, or a wrong command line
	exitInterrupted   = 130 // a second signal: what was under way was left as it was
)

// process is what a command may touch of the process that it runs in.
type process struct {
	environ map[string]string
	dotenv  string // path of the .env file
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	signals <-chan os.Signal // SIGINT and SIGTERM
	exit    func(code int)   // ends the process at once
	now     func() time.Time
	build   build
}

// config returns the settings and the warnings about them. Where they are wrong
// the warnings are written at once, because they often tell why: a setting that
// is missing was misspelt.
func (p process) config() (config.Config, []string, error) {
	cfg, warnings, err := p.load()
	if err != nil {
		p.warn(warnings)
		return cfg, nil, fmt.Errorf("configuration: %w", err)
	}
	return cfg, warnings, nil
}

// warn writes warnings for a person to read.
func (p process) warn(warnings []string) {
	for _, warning := range warnings {
		_, _ = fmt.Fprintf(p.stderr, "warning: %s\n", warning)
	}
}

// newRootCommand returns the whole command line. Without a subcommand it serves.
func newRootCommand(p process) *cobra.Command {
	serve := newServeCommand(p)
	root := &cobra.Command{
		Use:   "auto-message-sender",
		Short: "Sends pending messages to a webhook, a few at a time",
		Long: "auto-message-sender takes due messages from a durable store at a set pace and POSTs each\n" +
			"to a webhook. Without a subcommand it serves.\n\n" +
			"Settings come from the environment and from a .env file in the working directory:\n" +
			"`auto-message-sender config check` shows them all. `auto-message-sender demo` needs none.",
		RunE:          serve.RunE,
		Version:       p.build.Version,
		SilenceUsage:  true, // an error at run time is not a wrong command line
		SilenceErrors: true, // report writes them
	}
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.AddCommand(
		serve,
		newDemoCommand(p),
		newSinkCommand(p),
		newConfigCommand(p),
		newHealthcheckCommand(p),
		newVersionCommand(p),
	)
	refuseUsage(root)
	root.AddCommand(newBackupCommand(p), newMigrateCommand(p)) // these take arguments of their own
	addAPICommands(root, p)
	return root
}

// execute runs the command line and returns the exit code.
func execute(ctx context.Context, args []string, p process) int {
	ctx, release := untilSignal(ctx, p.signals, p.exit)
	defer release()
	root := newRootCommand(p) //nolint:contextcheck // cobra hands ctx to the commands
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = nil // it ended because it was asked to
	}
	return p.report(err)
}

// report writes an error that the log has not told, one line for each thing that is
// wrong, and returns the exit code that it stands for.
func (p process) report(err error) int {
	if err == nil {
		return exitDone
	}
	code, text := exitFailed, err.Error()
	if wrong, ok := errors.AsType[*config.Error](err); ok {
		code, text = exitConfiguration, wrong.Error()
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		code = exitConfiguration
	}
	if known, ok := cli.ExitCode(err); ok {
		code = known
	}
	if _, told := errors.AsType[*toldError](err); told {
		return code
	}
	for line := range strings.SplitSeq(text, "\n") {
		_, _ = fmt.Fprintf(p.stderr, "error: %s\n", line)
	}
	return code
}
