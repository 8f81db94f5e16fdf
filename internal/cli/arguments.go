package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// noArguments refuses arguments, which cobra would call unknown commands.
func noArguments(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := path(command) + " takes no arguments"
	if needed := strings.Fields(command.Annotations[requiredFlags]); len(needed) > 0 {
		text += "; use --" + strings.Join(needed, " and --")
	}
	return errors.New(text)
}

// subcommandOnly refuses what is no subcommand, with those that may have been meant.
func subcommandOnly(command *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see auto-message-sender " + path(command) + " --help"
	if meant := command.SuggestionsFor(args[0]); len(meant) > 0 {
		hint = "did you mean " + strings.Join(meant, " or ") + "?"
	}
	return usage("unknown command %q for %q; %s", args[0], command.CommandPath(), hint)
}
