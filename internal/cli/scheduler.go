package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"auto-message-sender/internal/client"
)

func newSchedulerCommand(p Process) *cobra.Command {
	command := &cobra.Command{
		Use:   "scheduler",
		Short: "Start and stop sending, see how it is, change its pace",
		Args:  subcommandOnly,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	command.AddCommand(
		newTurnCommand(p, "start", "Start sending, on all replicas", (*client.Client).Start),
		newTurnCommand(p, "stop", "Stop sending, on all replicas; attempts under way end by themselves", (*client.Client).Stop),
		newStatusCommand(p),
		newPaceCommand(p),
	)
	return command
}

func newTurnCommand(p Process, name, title string,
	call func(*client.Client, context.Context, string) (client.Answer[client.Scheduler], error),
) *cobra.Command {
	s := &session{Process: p}
	var reason string
	command := &cobra.Command{
		Use: name, Short: title, Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			defer c.Close()
			answer, err := call(c, cmd.Context(), reason)
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(answer.Raw)
			}
			if answer.Value.InFlight > 0 {
				return s.print("%s; %d attempts are still under way", answer.Value.Message, answer.Value.InFlight)
			}
			return s.print("%s", answer.Value.Message)
		},
	}
	s.flags(command.Flags(), shortWait)
	command.Flags().StringVar(&reason, "reason", "", "why, for the audit trail")
	return command
}

func newStatusCommand(p Process) *cobra.Command {
	s := &session{Process: p}
	command := &cobra.Command{
		Use: "status", Short: "Show whether messages are being sent, at what pace, and how many wait", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			defer c.Close()
			answer, err := c.Scheduler(cmd.Context())
			if err != nil {
				return err //nolint:wrapcheck // explained gives it its words
			}
			return s.schedulerState(answer)
		},
	}
	s.flags(command.Flags(), shortWait)
	return command
}

func newPaceCommand(p Process) *cobra.Command {
	s := &session{Process: p}
	var interval time.Duration
	pace := client.Pace{}
	command := &cobra.Command{
		Use:     "pace --interval DURATION --messages N",
		Short:   "Change how many messages go out, on all replicas",
		Long:    "Change how many messages go out, on all replicas: N every interval; 0: no cap. It holds until it is\nchanged again, or the server is started with another SCHEDULER_INTERVAL or MESSAGES_PER_INTERVAL.",
		Example: "  auto-message-sender scheduler pace --interval 1m --messages 10",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			defer c.Close()
			pace.Interval = interval.String()
			answer, err := c.SetPace(cmd.Context(), pace)
			if err != nil {
				return err //nolint:wrapcheck // explained gives it its words
			}
			return s.schedulerState(answer)
		},
	}
	s.flags(command.Flags(), shortWait)
	command.Flags().Var((*span)(&interval), "interval", "how often, such as 1m or 1d (required)")
	command.Flags().IntVar(&pace.MessagesPerInterval, "messages", 0, "how many each time; 0: no cap (required)")
	command.Flags().StringVar(&pace.Reason, "reason", "", "why, for the audit trail")
	require(command, "interval", "messages")
	return command
}

// schedulerState shows it.
func (s *session) schedulerState(answer client.Answer[client.Scheduler]) error {
	if s.json {
		return s.printJSON(answer.Raw)
	}
	state := answer.Value
	sending := "stopped"
	if !state.StoppedAt.IsZero() {
		sending += " since " + s.time(state.StoppedAt)
	}
	if state.IsActive {
		sending = "running since " + s.time(state.StartedAt)
	}
	facts := [][2]string{{"scheduler", sending}, {"pace", paceOf(state)}, {"next window", s.time(state.Window.NextAt)}}
	facts = append(facts, s.webhookFact(state.Webhook))
	for _, status := range allStatuses() {
		if n, ok := state.Counts[status]; ok {
			facts = append(facts, [2]string{status, fmt.Sprint(n)})
		}
	}
	return s.facts(facts)
}

func paceOf(state client.Scheduler) string {
	if state.Interval == "" {
		return ""
	}
	if state.MessagesPerInterval == 0 {
		return "no cap"
	}
	return fmt.Sprintf("%d every %s", state.MessagesPerInterval, state.Interval)
}

// webhookFact says how the webhook is, in words that need no knowledge of breakers.
func (s *session) webhookFact(hook client.Webhook) [2]string {
	words := map[string]string{
		"closed": "takes messages", "open": "fails; nothing is sent", "probing": "fails; one message is trying it",
		"paused": "has asked for a pause",
	}[hook.State]
	if words == "" {
		words = visible(hook.State)
	}
	if hook.Reason != "" {
		words += ": " + visible(hook.Reason)
	}
	if !hook.RetryAt.IsZero() {
		words += "; next try " + s.time(hook.RetryAt)
	}
	return [2]string{"webhook", words}
}
