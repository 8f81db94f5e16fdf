package cli

import (
	"context"
	"fmt"
	"time"

	"auto-message-sender/internal/client"
)

// changeMany asks how many, asks the person, and does it, for as many calls as it takes.
func (s *session) changeMany(ctx context.Context, what change, which client.ManyAgain, flags *changeFlags) error {
	ask := !flags.yes && !flags.dryRun
	if ask && !s.onTerminal() {
		return usage("nobody is there to ask; say --yes, or --dry-run to see how many")
	}
	c, err := s.client()
	if err != nil {
		return err
	}
	defer c.Close()
	if ask || flags.dryRun {
		which.DryRun = true
		answer, err := what.many(c, ctx, which)
		if err != nil {
			return err
		}
		if flags.dryRun {
			if s.json {
				return s.printJSON(answer.Raw)
			}
			return s.print("%s would be %s; nothing was changed (--dry-run)%s", matched(answer.Value), what.done, what.never())
		}
		if answer.Value.Matched == 0 {
			return s.print("no message is like that; nothing was changed%s", what.never())
		}
		if err := s.confirm(ctx, fmt.Sprintf("%s %s messages?", what.verb, matched(answer.Value))); err != nil {
			return err
		}
		which.DryRun, which.Before = false, answer.Value.Before // those that were counted
	}
	return s.changeAll(ctx, c, what, which)
}

// never says what the filters mean and the count leaves out.
func (c change) never() string {
	if !c.again {
		return ""
	}
	return ". Not counted: invalid and erased messages, which are never sent again; an invalid one is put in anew, corrected"
}

// matched says how many messages are meant; counting millions takes longer than one
// call may.
func matched(changed client.Changed) string {
	if !changed.Done() {
		return fmt.Sprintf("more than %d", changed.Matched)
	}
	return fmt.Sprint(changed.Matched)
}

// changeAll repeats the call while the server says that it is not done.
func (s *session) changeAll(ctx context.Context, c *client.Client, what change, which client.ManyAgain) error {
	var total int64
	for {
		answer, err := what.many(c, ctx, which)
		if err != nil {
			if total > 0 {
				s.tell("%d were %s before this; the same command%s goes on", total, what.done, onward(which))
			}
			return err
		}
		which.Before = answer.Value.Before
		n := what.count(answer.Value)
		total += n
		if s.json {
			if err := s.printJSON(answer.Raw); err != nil {
				return err
			}
		}
		switch {
		case answer.Value.Done() && s.json:
			return nil
		case answer.Value.Done():
			return s.print("%d %s", total, what.done)
		case n == 0:
			return fmt.Errorf("%d were %s, then the server got no further; try the same command%s later", total, what.done, onward(which))
		}
		s.tell("%d %s so far", total, what.done)
	}
}

// onward is the flag by which a command goes on where it ended, if it needs one.
func onward(which client.ManyAgain) string {
	if which.Before.IsZero() {
		return ""
	}
	return " with --before " + which.Before.UTC().Format(time.RFC3339Nano)
}
