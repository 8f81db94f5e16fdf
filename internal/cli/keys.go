package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"auto-message-sender/internal/config"
	"auto-message-sender/internal/models"
)

func newKeysCommand(p Process) *cobra.Command {
	command := &cobra.Command{
		Use:   "keys",
		Short: "Make keys of the API",
		Args:  subcommandOnly,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	command.AddCommand(newKeysNewCommand(p))
	return command
}

func newKeysNewCommand(p Process) *cobra.Command {
	s := &session{Process: p}
	var name, role string
	var roles []string
	for _, known := range models.Roles() {
		roles = append(roles, string(known))
	}
	command := &cobra.Command{
		Use:   "new --name NAME --role ROLE",
		Short: "Make a new key of the API, and show it this once",
		Long: "Make a new key of the API, and show it this once. Nothing is asked of a server, and none knows\n" +
			"the key until the line shown stands in its API_KEYS and it was started again. The name tells\n" +
			"who did what in the audit trail. Standard output has the line and nothing else.",
		Example: "  auto-message-sender keys new --name shop --role sender\n" +
			"  auto-message-sender keys new --name ops --role operator >> /etc/auto-message-sender/api-keys",
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			key, err := config.NewAPIKey(p.Random, name, models.Role(role))
			if err != nil {
				return usage("%w", err)
			}
			s.tell("the key, for whoever calls (AMS_API_KEY); it is not shown again:\n\n  %s\n", key.Key.Reveal())
			s.tell("its entry in the server's API_KEYS, beside others after a comma:\n")
			return s.print("%s", key.Entry())
		},
	}
	command.Flags().StringVar(&name, "name", "", "whose key it is (required)")
	command.Flags().StringVar(&role, "role", "", "what it may do: "+strings.Join(roles, ", ")+" (required)")
	require(command, "name", "role")
	_ = command.RegisterFlagCompletionFunc("role", cobra.FixedCompletions(roles, cobra.ShellCompDirectiveNoFileComp))
	return command
}
