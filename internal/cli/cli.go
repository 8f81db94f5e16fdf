package cli

import (
	"errors"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// Process is what a command may touch of the process that it runs in.
type Process struct {
	Environ map[string]string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	// Terminal reports whether a stream of these is a person's terminal.
	Terminal func(stream any) bool
	Now      func() time.Time
	Zone     *time.Location // of times that people write and read
	NewID    func() string  // for idempotency keys
	Random   io.Reader      // crypto/rand.Reader, for API keys
}

// GroupID is the group of commands that these belong to; the root names it.
const GroupID = "api"

// Commands returns the commands that speak to a running server.
func Commands(p Process) []*cobra.Command {
	commands := []*cobra.Command{
		newSendCommand(p),
		newImportCommand(p),
		newListCommand(p),
		newShowCommand(p),
		newExportCommand(p),
		newCancelCommand(p),
		newRetryCommand(p),
		newEraseCommand(p),
		newSchedulerCommand(p),
		newStatsCommand(p),
		newKeysCommand(p),
	}
	for _, command := range commands {
		command.GroupID = GroupID
		finish(command)
	}
	return commands
}

// finish gives a command, and those below it, what all of them have in common: a
// wrong command line is an error of usage, and help tells the exit codes.
func finish(command *cobra.Command) {
	for _, below := range command.Commands() {
		finish(below)
	}
	command.SuggestionsMinimumDistance = 2 // letters that may be wrong
	command.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%w; see auto-message-sender %s --help", err, path(cmd))
	})
	if check := command.Args; check != nil {
		command.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			if _, done := errors.AsType[*Error](err); err != nil && !done {
				return usage("%w; see auto-message-sender %s --help", err, path(cmd))
			}
			return err
		}
	}
	if command.Long == "" {
		command.Long = command.Short + "."
	}
	command.Long += "\n\n" + exitCodes
	if run := command.RunE; run != nil {
		command.RunE = func(cmd *cobra.Command, args []string) error {
			for name := range strings.FieldsSeq(cmd.Annotations[requiredFlags]) {
				if !cmd.Flags().Changed(name) {
					return usage("--%s is required; see auto-message-sender %s --help", name, path(cmd))
				}
			}
			return explained(run(cmd, args))
		}
	}
}

// requiredFlags is the annotation with the names of those.
const requiredFlags = "required"

// require makes flags required. Cobra's own way would not be an error of usage.
func require(command *cobra.Command, names ...string) {
	command.Annotations = map[string]string{requiredFlags: strings.Join(names, " ")}
}

// path returns the command's words without the program's name.
func path(cmd *cobra.Command) string {
	words := cmd.Name()
	for above := cmd.Parent(); above != nil && above.HasParent(); above = above.Parent() {
		words = above.Name() + " " + words
	}
	return words
}
