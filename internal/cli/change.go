package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"auto-message-sender/internal/client"
)

// change is what cancel, retry and erase do to messages.
type change struct {
	verb, done string // for people: cancel, canceled
	statuses   []string
	one        func(c *client.Client, ctx context.Context, id string) (client.Answer[client.Message], error)
	many       func(c *client.Client, ctx context.Context, which client.ManyAgain) (client.Answer[client.Changed], error)
	count      func(changed client.Changed) int64
	again      bool // what was changed may come to be as before, so that a call is told where to go on
}

// changeFlags is the command line of a change.
type changeFlags struct {
	which  filterFlags
	before string // of a retry
	all    bool
	dryRun bool
	yes    bool
}

func newCancelCommand(p Process) *cobra.Command {
	return newChangeCommand(p, change{
		verb: "cancel", done: "canceled", statuses: []string{"scheduled", "pending"},
		one: (*client.Client).Cancel,
		many: func(c *client.Client, ctx context.Context, which client.ManyAgain) (client.Answer[client.Changed], error) {
			return c.CancelMany(ctx, which.Many)
		},
		count: func(changed client.Changed) int64 { return changed.Canceled },
	}, "Call off messages that wait", "  auto-message-sender cancel --reference spring-sale --dry-run")
}

func newRetryCommand(p Process) *cobra.Command {
	return newChangeCommand(p, change{
		verb: "retry", done: "retried", statuses: []string{"failed", "expired"},
		one: (*client.Client).Retry, many: (*client.Client).RetryMany, again: true,
		count: func(changed client.Changed) int64 { return changed.Retried },
	}, "Send messages again that failed or expired", "  auto-message-sender retry --failed-after -2h")
}

func newChangeCommand(p Process, what change, title, example string) *cobra.Command {
	s, flags := &session{Process: p}, &changeFlags{}
	with := ""
	if what.again {
		with = ", with\nthe --before that it tells"
	}
	command := &cobra.Command{
		Use:   what.verb + " {ID... | FILTERS}",
		Short: title,
		Long: title + ": those named, or all that the filters mean. On a terminal the filters' count is\n" +
			"asked about first; a script says --yes. If it is broken off, the same command goes on" + with + ".",
		Example: "  auto-message-sender " + what.verb + " 019a2f6e-7a53-7cc0-9d6e-2f0d5b1c4a10\n" + example,
		RunE: func(cmd *cobra.Command, ids []string) error {
			filter, err := flags.which.build(p)
			if err != nil {
				return err
			}
			filtered := filter != (client.Filter{})
			switch {
			case len(ids) > 0 && (filtered || flags.all || flags.before != ""):
				return usage("name ids, or filters, not both")
			case filtered && flags.all:
				return usage("--all means every message; leave it out to keep to the filters")
			case len(ids) > 0:
				return s.changeEach(cmd.Context(), what, ids, flags.dryRun)
			case filtered || flags.all:
				before, err := p.parseTime(flags.before)
				if err != nil {
					return usage("--before %w", err)
				}
				which := client.ManyAgain{Many: client.Many{Filter: filter, All: flags.all}, Before: before}
				return s.changeMany(cmd.Context(), what, which, flags)
			}
			return usage("say which messages: their ids, a filter such as --reference, or --all")
		},
	}
	s.flags(command.Flags(), shortWait)
	flags.which.add(command, what.statuses...)
	set := command.Flags()
	set.BoolVar(&flags.all, "all", false, "every message that can be "+what.done)
	if what.again {
		set.StringVar(&flags.before, "before", "", "pass over what changed then or later, and so what was retried since (default: now)")
	}
	set.BoolVar(&flags.dryRun, "dry-run", false, "only tell which, or how many")
	set.BoolVarP(&flags.yes, "yes", "y", false, "do not ask")
	return command
}

// changeEach goes on to the next one after an error of one, and returns them all.
func (s *session) changeEach(ctx context.Context, what change, ids []string, dryRun bool) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	defer c.Close()
	call := what.one
	if dryRun {
		call = (*client.Client).Message
	}
	var faults []error
	code := 0
	for _, id := range ids {
		answer, err := call(c, ctx, id)
		if err != nil {
			err = explained(err)
			faults = append(faults, fmt.Errorf("%s: %w", id, err))
			if code == 0 {
				code, _ = ExitCode(err)
			}
			if code == ExitUnreachable || ctx.Err() != nil {
				break // it will not be better for the next one
			}
			continue
		}
		if err := s.tellChanged(what, answer, dryRun); err != nil {
			return err
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return &Error{Code: code, Cause: errors.Join(faults...)}
}

func (s *session) tellChanged(what change, answer client.Answer[client.Message], dryRun bool) error {
	if s.json {
		return s.printJSON(answer.Raw)
	}
	if dryRun {
		return s.print("%s is %s%s", answer.Value.ID, answer.Value.Status, what.would(answer.Value))
	}
	return s.print("%s %s", what.done, answer.Value.ID)
}

// would says what the change would do to a message, by what the server showed of it.
func (c change) would(message client.Message) string {
	switch {
	case message.Status == c.done:
		return " already"
	case !message.ErasedAt.IsZero():
		return " and erased: it would not be " + c.done
	case message.Status == "failed" && message.ErrorCode == "invalid":
		return " and not valid: it would not be " + c.done
	case !slices.Contains(c.statuses, message.Status):
		return ": it would not be " + c.done + ", only what is " + strings.Join(c.statuses, " or ") + " can"
	}
	return ": it would be " + c.done
}
