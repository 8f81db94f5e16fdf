package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func newConfigCommand(p process) *cobra.Command {
	command := &cobra.Command{
		Use:   "config",
		Short: "Look at the settings",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	command.AddCommand(&cobra.Command{
		Use:   "check",
		Short: "Show every setting that takes effect, secrets as ***, and every problem; exit code 2 if there is one",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return p.checkConfig() },
	})
	return command
}

// checkConfig shows the settings and where each comes from. It starts nothing,
// and asks nothing of a store or a network.
func (p process) checkConfig() error {
	cfg, warnings, err := p.load()
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, value := range cfg.Effective() {
		_, _ = fmt.Fprintf(table, "%s=%s\t# %s\n", value.Name, value.Text, value.Source)
	}
	if flushErr := table.Flush(); flushErr != nil {
		err = errors.Join(err, fmt.Errorf("config check: %w", flushErr))
	}
	p.warn(warnings)
	return err
}
