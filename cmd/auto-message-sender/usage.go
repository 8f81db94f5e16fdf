package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// usageError is a wrong command line: nothing was started.
type usageError struct{ cause error }

func (e *usageError) Error() string { return e.cause.Error() }

func (e *usageError) Unwrap() error { return e.cause }

// refuseUsage makes what cobra finds wrong with a command line an error of usage, of
// the command and those below it. The commands of package cli do so by themselves.
func refuseUsage(command *cobra.Command) {
	for _, below := range command.Commands() {
		refuseUsage(below)
	}
	command.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	})
	command.SuggestionsMinimumDistance = 2 // letters that may be wrong
	check := command.Args
	if command.HasSubCommands() || check == nil {
		command.Args = subcommandOnly
		return
	}
	if check(command, nil) == nil && check(command, []string{""}) != nil {
		check = noArguments // cobra would call an argument an unknown command
	}
	command.Args = func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		if _, known := errors.AsType[*usageError](err); err != nil && !known {
			return &usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
		}
		return err
	}
}

// noArguments refuses arguments.
func noArguments(command *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments", command.Name())
	}
	return nil
}

// subcommandOnly refuses what is no command, with those that may have been meant.
func subcommandOnly(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see " + command.CommandPath() + " --help"
	if meant := command.SuggestionsFor(args[0]); len(meant) > 0 {
		hint = "did you mean " + strings.Join(meant, " or ") + "?"
	}
	return &usageError{fmt.Errorf("unknown command %q for %q; %s", args[0], command.CommandPath(), hint)}
}
