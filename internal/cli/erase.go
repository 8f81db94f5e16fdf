package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"auto-message-sender/internal/client"
)

func newEraseCommand(p Process) *cobra.Command {
	s := &session{Process: p}
	var yes bool
	command := &cobra.Command{
		Use:   "erase ID...",
		Short: "Remove recipient and content of messages for good",
		Long: "Remove recipient and content of messages for good; that there was a message, and when, stays.\n" +
			"A message that waits is canceled by it.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if !yes {
				if !s.onTerminal() {
					return usage("nobody is there to ask; say --yes")
				}
				if err := s.confirm(cmd.Context(), fmt.Sprintf("erase %d messages for good?", len(ids))); err != nil {
					return err
				}
			}
			return s.changeEach(cmd.Context(), change{verb: "erase", done: "erased", one: (*client.Client).Erase}, ids, false)
		},
	}
	s.flags(command.Flags(), shortWait)
	command.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return command
}
