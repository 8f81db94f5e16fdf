package cli

import (
	"context"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"auto-message-sender/internal/client"
)

func newListCommand(p Process) *cobra.Command {
	s, which := &session{Process: p}, &filterFlags{}
	var limit int
	var cursor string
	command := &cobra.Command{
		Use:   "list",
		Short: "List messages, the newest first",
		Long:  "List messages, the newest first. With --json each is one line of JSON; export writes all of them.",
		Example: "  auto-message-sender list --status failed --failed-after -24h\n" +
			"  auto-message-sender list --to +905551234567 --limit 100",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := which.build(p)
			if err != nil {
				return err
			}
			if limit < 1 {
				return usage("--limit must be at least 1")
			}
			return s.list(cmd.Context(), filter, limit, cursor)
		},
	}
	s.flags(command.Flags(), shortWait)
	which.add(command, allStatuses()...)
	command.Flags().IntVar(&limit, "limit", 20, "how many at most")
	command.Flags().StringVar(&cursor, "cursor", "", "go on where an earlier list ended")
	return command
}

func (s *session) list(ctx context.Context, filter client.Filter, limit int, cursor string) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	defer c.Close()
	var messages []client.Answer[client.Message]
	for {
		page, err := c.List(ctx, filter, min(limit-len(messages), client.MaxPage), cursor)
		if err != nil {
			return err //nolint:wrapcheck // explained gives it its words
		}
		messages = append(messages, page.Value.Messages...)
		cursor = page.Value.NextCursor
		if cursor == "" || len(messages) >= limit {
			break
		}
	}
	if s.json {
		for _, message := range messages {
			if err := s.printJSON(message.Raw); err != nil {
				return err
			}
		}
	} else if err := s.listTable(messages); err != nil {
		return err
	}
	if cursor != "" {
		s.tell("there is more: the same command with --cursor %s, or --limit %d; export writes all", cursor, limit*5)
	}
	return nil
}

func (s *session) listTable(messages []client.Answer[client.Message]) error {
	if len(messages) == 0 {
		s.tell("no message is like that")
		return nil
	}
	rows := make([]table.Row, 0, len(messages))
	for _, answer := range messages {
		message := answer.Value
		rows = append(rows, table.Row{
			message.ID, message.To, message.Status, s.time(message.CreatedAt), s.when(message), code(message), short(message.Content, shownContent),
		})
	}
	return s.table(table.Row{"id", "to", "status", "created", "when", "code", "content"}, rows)
}

// code says why a message failed, or was not delivered, in the one word that scripts go by.
func code(message client.Message) string {
	return visible(first(message.ErrorCode, message.DeliveryErrorCode))
}

// when is the time that matters most of a message as it stands.
func (s *session) when(message client.Message) string {
	for _, at := range []struct {
		word string
		time time.Time
	}{
		// A delivery that failed has its time in DeliveredAt as well.
		{visible(first(message.DeliveryStatus, "delivered")), message.DeliveredAt},
		{"sent", message.SentAt},
		{"failed", message.FailedAt},
	} {
		if !at.time.IsZero() {
			return at.word + " " + s.time(at.time)
		}
	}
	switch message.Status {
	case "scheduled":
		return "at " + s.time(message.SendAt)
	case "pending":
		if !message.NextAttemptAt.IsZero() {
			return "due " + s.time(message.NextAttemptAt)
		}
	case "expired":
		return "expired " + s.time(message.ExpiresAt)
	}
	return ""
}
