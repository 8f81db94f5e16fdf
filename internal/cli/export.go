package cli

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"auto-message-sender/internal/client"
)

func newExportCommand(p Process) *cobra.Command {
	s, which := &session{Process: p}, &filterFlags{}
	var format, output string
	command := &cobra.Command{
		Use:   "export",
		Short: "Write all messages of a filter as lines of JSON, or as CSV",
		Long: "Write all messages of a filter as lines of JSON, or as CSV with times in UTC: to standard\n" +
			"output, or to a file, which is complete once it has its name. The server's RATE_LIMIT sets\n" +
			"the pace: each request brings 1,000 messages, and --wait is how long to wait for its leave.",
		Example: "  auto-message-sender export --status failed --failed-after 2026-01-02 > failed.ndjson\n" +
			"  auto-message-sender export --format csv --output all.csv",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := which.build(p)
			if err != nil {
				return err
			}
			if format != "ndjson" && format != "csv" {
				return usage("--format must be ndjson or csv")
			}
			return s.export(cmd.Context(), filter, format, output)
		},
	}
	s.flags(command.Flags(), longWait)
	_ = command.Flags().MarkHidden("json") // it is what comes anyway
	which.add(command, allStatuses()...)
	command.Flags().StringVar(&format, "format", "ndjson", "ndjson or csv")
	command.Flags().StringVarP(&output, "output", "o", "", "file to write to, which only you may read (default: standard output)")
	_ = command.RegisterFlagCompletionFunc("format",
		cobra.FixedCompletions([]string{"ndjson", "csv"}, cobra.ShellCompDirectiveNoFileComp))
	return command
}

// export writes to a file beside the output's, and gives it its name at the end.
func (s *session) export(ctx context.Context, filter client.Filter, format, output string) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	defer c.Close()
	if output == "" {
		_, err := s.exportTo(ctx, c, filter, format, s.Stdout)
		return err
	}
	part := output + ".part"
	file, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the person's own choice
	if err != nil {
		return usage("--output: %w", err)
	}
	n, err := s.exportTo(ctx, c, filter, format, file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		s.tell("%d messages are in %s, and that is not all", n, part)
		return err
	}
	if err := os.Rename(part, output); err != nil {
		return fmt.Errorf("name the file: %w", err)
	}
	s.tell("%d messages are in %s", n, output)
	return nil
}

// exportTo returns how many messages it wrote.
func (s *session) exportTo(ctx context.Context, c *client.Client, filter client.Filter, format string, out io.Writer) (n int64, err error) {
	buffered := bufio.NewWriterSize(out, 64<<10)
	bar := s.newBar(-1, "exporting")
	defer bar.end()
	var line func(message client.Answer[client.Message]) error
	flush := buffered.Flush
	switch format {
	case "csv":
		writer := csv.NewWriter(buffered)
		if err := writer.Write(exportColumns()); err != nil {
			return 0, fmt.Errorf("write: %w", err)
		}
		line = func(message client.Answer[client.Message]) error { return writer.Write(exportRow(message.Value)) }
		flush = func() error { writer.Flush(); return buffered.Flush() }
	default:
		line = func(message client.Answer[client.Message]) error {
			_, err := buffered.Write(append(message.Raw, '\n'))
			return err //nolint:wrapcheck // wrapped below
		}
	}
	for message, err := range c.All(ctx, filter) {
		if err != nil {
			_ = flush()
			return n, err
		}
		if err := line(message); err != nil {
			return n, fmt.Errorf("write: %w", err)
		}
		if n++; n%client.MaxPage == 0 {
			bar.set(n, fmt.Sprintf("%d messages", n))
		}
	}
	if err := flush(); err != nil {
		return n, fmt.Errorf("write: %w", err)
	}
	return n, nil
}

func exportColumns() []string {
	return []string{
		"id", "to", "content", "status", "priority", "reference", "created_at", "send_at", "validity_period", "expires_at", "sent_at", "failed_at",
		"message_id", "attempt_count", "error_code", "error", "delivery_status", "delivered_at", "num_segments", "encoding",
		"updated_at", "next_attempt_at", "retry_count", "delivery_error_code", "erased_at",
	}
}

func exportRow(m client.Message) []string {
	at := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	validity := ""
	if m.ValidityPeriod > 0 {
		validity = strconv.FormatInt(m.ValidityPeriod, 10)
	}
	return []string{
		m.ID, m.To, m.Content, m.Status, m.Priority, m.Reference, at(m.CreatedAt), at(m.SendAt), validity, at(m.ExpiresAt), at(m.SentAt), at(m.FailedAt),
		m.MessageID, strconv.Itoa(m.AttemptCount), m.ErrorCode, m.Error, m.DeliveryStatus, at(m.DeliveredAt), strconv.Itoa(m.NumSegments), m.Encoding,
		at(m.UpdatedAt), at(m.NextAttemptAt), strconv.Itoa(m.RetryCount), m.DeliveryErrorCode, at(m.ErasedAt),
	}
}
