package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"auto-message-sender/internal/client"
)

func newShowCommand(p Process) *cobra.Command {
	s := &session{Process: p}
	command := &cobra.Command{
		Use:   "show ID",
		Short: "Show one message and its attempts",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return s.show(cmd.Context(), args[0]) },
	}
	s.flags(command.Flags(), shortWait)
	return command
}

func (s *session) show(ctx context.Context, id string) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	defer c.Close()
	answer, err := c.Message(ctx, id)
	if err != nil {
		return err //nolint:wrapcheck // explained gives it its words
	}
	if s.json {
		return s.printJSON(answer.Raw)
	}
	message := answer.Value
	if err := s.facts(s.factsOf(message)); err != nil {
		return err
	}
	if len(message.Attempts) == 0 {
		return nil
	}
	rows := make([]table.Row, 0, len(message.Attempts))
	for _, attempt := range message.Attempts {
		status := "no answer"
		if attempt.StatusCode != 0 {
			status = fmt.Sprint(attempt.StatusCode)
		}
		rows = append(rows, table.Row{
			attempt.Number, s.time(attempt.StartedAt), fmt.Sprintf("%d ms", attempt.DurationMS), status,
			visible(attempt.Replica), short(attempt.Error, 2*shownContent),
		})
	}
	if err := s.print(""); err != nil {
		return err
	}
	return s.table(table.Row{"attempt", "started", "took", "answer", "replica", "error"}, rows)
}

// factsOf is all that is known of a message, for a person.
func (s *session) factsOf(message client.Message) [][2]string {
	position := message.Position
	if position != "" && !message.EstimatedSendAt.IsZero() {
		position += ", goes out about " + s.time(message.EstimatedSendAt)
	}
	if message.Note != "" {
		position += " (" + message.Note + ")"
	}
	delivery := message.DeliveryStatus
	if delivery != "" {
		delivery = strings.TrimSpace(fmt.Sprintf("%s %s %s", delivery, s.time(message.DeliveredAt), visible(message.DeliveryErrorCode)))
	}
	fault := visible(message.Error)
	if message.ErrorCode != "" {
		fault = strings.TrimSpace(visible(message.ErrorCode) + ": " + fault)
	}
	return [][2]string{
		{"id", message.ID},
		{"to", visible(message.To)},
		{"content", visible(message.Content)},
		{"sms", segments(message)},
		{"status", message.Status},
		{"priority", message.Priority},
		{"reference", visible(message.Reference)},
		{"position", position},
		{"created", s.time(message.CreatedAt)},
		{"send at", s.time(message.SendAt)},
		{"next attempt", s.time(message.NextAttemptAt)},
		{"expires", s.time(message.ExpiresAt)},
		{"sent", s.time(message.SentAt)},
		{"failed", s.time(message.FailedAt)},
		{"erased", s.time(message.ErasedAt)},
		{"error", fault},
		{"provider's id", visible(message.MessageID)},
		{"delivery", delivery},
	}
}
