package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"auto-message-sender/internal/cli/importing"
	"auto-message-sender/internal/client"
)

// sendFlags is the command line of send.
type sendFlags struct {
	message  client.NewMessage
	sendAt   string
	validity string
	key      string
	dryRun   bool
}

func newSendCommand(p Process) *cobra.Command {
	s, flags := &session{Process: p}, sendFlags{}
	command := &cobra.Command{
		Use:   "send --to NUMBER --content TEXT",
		Short: "Have one message sent",
		Long: "Have one message sent: it is stored durably and goes out at the scheduler's pace.\n" +
			"Repeating a command with the same --idempotency-key sends nothing twice (for 24 hours).",
		Example: "  auto-message-sender send --to +905551234567 --content 'Your order is on its way.'\n" +
			"  auto-message-sender send --to +905551234567 --content 'Good morning' --send-at 2026-01-02T08:00\n" +
			"  auto-message-sender send --to +905551234567 --content 'Your code is 1234' --priority high --validity 5m\n" +
			"  auto-message-sender send --to +905551234567 --content 'How long is this?' --dry-run",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flags.dryRun {
				return s.preview(cmd.Context(), flags.message)
			}
			return s.send(cmd.Context(), flags)
		},
	}
	s.flags(command.Flags(), shortWait)
	set := command.Flags()
	set.StringVar(&flags.message.To, "to", "", "the recipient, such as +905551234567 (required)")
	set.StringVar(&flags.message.Content, "content", "", "what it says (required)")
	set.StringVar(&flags.message.Priority, "priority", "", "high, normal or low (default normal)")
	set.StringVar(&flags.sendAt, "send-at", "", "not before: 2026-01-02T15:04 (local time), 2026-01-02T15:04:05Z, or +2h")
	set.StringVar(&flags.validity, "validity", "", "not later than that after --send-at, or after now: 1h, 1d or 3600")
	set.StringVar(&flags.message.Reference, "reference", "", "an id of your own, to find it by")
	set.StringVar(&flags.key, "idempotency-key", "", "makes repeating the command harmless (default: a new one each time)")
	set.BoolVar(&flags.dryRun, "dry-run", false, "only show what would be sent, and in how many SMS")
	require(command, "to", "content")
	_ = command.RegisterFlagCompletionFunc("priority",
		cobra.FixedCompletions([]string{"high", "normal", "low"}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

func (s *session) send(ctx context.Context, flags sendFlags) error {
	if strings.HasPrefix(strings.TrimSpace(flags.sendAt), "-") {
		return usage("--send-at %s is in the past; leave it out to send at once, or say +2h for later", flags.sendAt)
	}
	var err error
	if flags.message.SendAt, err = s.parseTime(flags.sendAt); err != nil {
		return usage("--send-at %w", err)
	}
	validity, err := importing.ParseValidity(flags.validity)
	if err != nil {
		return usage("--validity %w", err)
	}
	flags.message.ValidityPeriod = int64(validity / time.Second)
	c, err := s.client()
	if err != nil {
		return err
	}
	defer c.Close()
	answer, err := c.Send(ctx, flags.message, first(flags.key, s.NewID()))
	if err != nil {
		return err //nolint:wrapcheck // explained gives it its words
	}
	if answer.Replayed && flags.key != "" { // one of our own is only repeated by ourselves
		s.tell("already accepted earlier under this --idempotency-key: nothing is sent twice, and this is the first answer")
	}
	if s.json {
		return s.printJSON(answer.Raw)
	}
	message := answer.Value
	return s.facts([][2]string{
		{"id", message.ID},
		{"status", message.Status},
		{"to", message.To},
		{"send at", s.time(message.SendAt)},
		{"expires", s.time(message.ExpiresAt)},
		{"sms", segments(message)},
	})
}

// segments says how many SMS a content makes, nothing where it is not known.
func segments(message client.Message) string {
	if message.NumSegments == 0 {
		return ""
	}
	return fmt.Sprintf("%d (%s)", message.NumSegments, message.Encoding)
}

// preview shows what would become of a message. One that is not valid is an error.
func (s *session) preview(ctx context.Context, message client.NewMessage) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	defer c.Close()
	answer, err := c.Preview(ctx, message.To, message.Content)
	if err != nil {
		return err //nolint:wrapcheck // explained gives it its words
	}
	if s.json {
		return s.printJSON(answer.Raw)
	}
	preview := answer.Value
	if err := s.facts([][2]string{
		{"to", preview.To},
		{"encoding", preview.Encoding},
		{"characters", fmt.Sprintf("%d, %d left in the last SMS", preview.Characters, preview.CharactersLeft)},
		{"sms", fmt.Sprint(preview.NumSegments)},
	}); err != nil {
		return err
	}
	if len(preview.Segments) > 1 {
		rows := make([]table.Row, 0, len(preview.Segments))
		for i, segment := range preview.Segments {
			rows = append(rows, table.Row{i + 1, visible(segment)})
		}
		if err := s.table(table.Row{"sms", "text"}, rows); err != nil {
			return err
		}
	}
	if preview.Valid {
		s.tell("nothing was sent (--dry-run)")
		return nil
	}
	var faults []string
	for _, fault := range preview.Errors {
		faults = append(faults, fault.Field+" "+fault.Message)
	}
	return usage("it would be refused: %s", strings.Join(faults, "; "))
}
