package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"auto-message-sender/internal/sink"
)

// sinkFlags is the command line of sink.
type sinkFlags struct {
	address string
	ledger  string // path; empty: none
	quiet   bool
	options sink.Options
}

func newSinkCommand(p process) *cobra.Command {
	var flags sinkFlags
	command := &cobra.Command{
		Use:   "sink",
		Short: "Run a webhook to try the service against: it accepts, shows and counts calls",
		Example: "  auto-message-sender sink\n" +
			"  auto-message-sender sink --latency 20ms --fail-rate 0.2 --status 503 --retry-after 2s\n" +
			"  WEBHOOK_URL=http://127.0.0.1:9090 auto-message-sender serve",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// A status without a share is for all calls.
			if cmd.Flags().Changed("status") && !cmd.Flags().Changed("fail-rate") {
				flags.options.FailRate = 1
			}
			return runSink(cmd.Context(), p, flags)
		},
	}
	set := command.Flags()
	set.StringVar(&flags.address, "addr", "127.0.0.1:9090", "address and port to listen on; port 0 takes a free one")
	set.DurationVar(&flags.options.Latency, "latency", 0, "how long after its call an answer leaves, such as 20ms")
	set.Float64Var(&flags.options.FailRate, "fail-rate", 0, "share of the calls that fail, from 0 to 1")
	set.IntVar(&flags.options.Status, "status", http.StatusInternalServerError,
		"what the calls that fail are answered, from 200 to 599; without --fail-rate every call is")
	set.DurationVar(&flags.options.RetryAfter, "retry-after", 0, "Retry-After header of the calls that fail, such as 2s")
	set.StringVar(&flags.ledger, "ledger", "", "file to add a line of JSON to for each call")
	set.BoolVar(&flags.quiet, "quiet", false, "do not show each call")
	return command
}

// runSink serves until ctx ends, and says what came in.
func runSink(ctx context.Context, p process, flags sinkFlags) (err error) {
	options := flags.options
	options.Now = p.now
	options.Draw = rand.Float64
	options.NewID = uuid.NewString
	if !flags.quiet {
		options.Out = p.stdout
	}
	if flags.ledger != "" {
		file, err := sink.OpenLedger(flags.ledger)
		if err != nil {
			return fmt.Errorf("--ledger: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		options.Ledger = file
	}
	s, err := sink.New(options)
	if err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", flags.address)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	_, _ = fmt.Fprintf(p.stdout, "sink listens on http://%s; Ctrl-C ends it\n", listener.Addr())
	err = s.Run(ctx, listener)
	_, _ = fmt.Fprintf(p.stdout, "sink ended: %s\n", s.Summary())
	return err //nolint:wrapcheck // it says where it comes from
}
