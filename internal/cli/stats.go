package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"auto-message-sender/internal/client"
)

func newStatsCommand(p Process) *cobra.Command {
	s := &session{Process: p}
	command := &cobra.Command{
		Use:   "stats",
		Short: "Show how sending goes: the last minutes, what waits, and how long it will take",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return s.stats(cmd.Context()) },
	}
	s.flags(command.Flags(), shortWait)
	return command
}

func (s *session) stats(ctx context.Context) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	defer c.Close()
	answer, err := c.Stats(ctx)
	if err != nil {
		return err //nolint:wrapcheck // explained gives it its words
	}
	if s.json {
		return s.printJSON(answer.Raw)
	}
	stats := answer.Value
	sending := "stopped"
	if stats.Scheduler.IsActive {
		sending = "running"
	}
	sending += ", " + paceOf(client.Scheduler{
		Interval: stats.Scheduler.Pace.Interval, MessagesPerInterval: stats.Scheduler.Pace.MessagesPerInterval,
	})
	facts := [][2]string{
		{"scheduler", sending},
		s.webhookFact(stats.Webhook),
		{"last minute", sum(stats.PerMinute, 2)}, // the current one has only begun
		{"last hour", sum(stats.PerMinute, len(stats.PerMinute))},
		{"oldest waits", s.oldest(stats.OldestWaiting)},
		{"forecast", s.forecast(stats.Forecast)},
	}
	for _, status := range allStatuses() {
		facts = append(facts, [2]string{status, fmt.Sprint(stats.Counts[status])})
	}
	return s.facts(facts)
}

// sum adds up the last n minutes.
func sum(minutes []client.Minute, n int) string {
	var sent, failed int64
	for _, minute := range minutes[max(0, len(minutes)-n):] {
		sent += minute.Sent
		failed += minute.Failed
	}
	return fmt.Sprintf("%d sent, %d failed", sent, failed)
}

func (s *session) oldest(oldest *client.Oldest) string {
	if oldest == nil {
		return ""
	}
	return fmt.Sprintf("for %s, since %s", time.Duration(oldest.AgeSeconds)*time.Second, s.time(oldest.CreatedAt))
}

func (s *session) forecast(forecast client.Forecast) string {
	words := fmt.Sprintf("%d wait", forecast.Waiting)
	if !forecast.DrainsAt.IsZero() {
		words += ", done about " + s.time(forecast.DrainsAt)
	}
	if forecast.Note != "" {
		words += " (" + forecast.Note + ")"
	}
	return words
}
