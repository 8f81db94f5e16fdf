package cli

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"auto-message-sender/internal/client"
)

// filterFlags are the flags that say which messages are meant.
type filterFlags struct {
	filter client.Filter
	times  map[string]*string // by flag
}

func (f *filterFlags) add(command *cobra.Command, statuses ...string) {
	set := command.Flags()
	set.StringVar(&f.filter.Status, "status", "", "only this status: "+strings.Join(statuses, ", "))
	set.StringVar(&f.filter.To, "to", "", "only to this number")
	set.StringVar(&f.filter.Reference, "reference", "", "only this reference")
	set.StringVar(&f.filter.MessageID, "message-id", "", "only this id of the provider's")
	f.times = map[string]*string{}
	for _, name := range []string{"created", "sent", "failed"} {
		f.times[name+"-after"] = set.String(name+"-after", "", "only "+name+" then or later, such as 2026-01-02T15:04, 2026-01-02, -24h or -2d")
		f.times[name+"-before"] = set.String(name+"-before", "", "only "+name+" before that")
	}
	// The name exists, so it cannot fail.
	_ = command.RegisterFlagCompletionFunc("status", cobra.FixedCompletions(statuses, cobra.ShellCompDirectiveNoFileComp))
}

// build returns the filter, with the times as the person wrote them.
func (f *filterFlags) build(p Process) (client.Filter, error) {
	filter := f.filter
	for name, into := range map[string]*time.Time{
		"created-after": &filter.CreatedAfter, "created-before": &filter.CreatedBefore,
		"sent-after": &filter.SentAfter, "sent-before": &filter.SentBefore,
		"failed-after": &filter.FailedAfter, "failed-before": &filter.FailedBefore,
	} {
		at, err := p.parseTime(*f.times[name])
		if err != nil {
			return filter, usage("--%s %w", name, err)
		}
		*into = at
	}
	return filter, nil
}

// allStatuses are those that a message can have.
func allStatuses() []string {
	return []string{"scheduled", "pending", "sending", "sent", "failed", "canceled", "expired"}
}
