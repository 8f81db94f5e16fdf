package migrate

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// namedAtMost is how many records a refusal names; it tells how many there are.
const namedAtMost = 10

// Survey is what reading the source has found.
type Survey struct {
	Census
	// Extras are the fields that are not ours, and in how many records each is.
	Extras map[string]int64
	// Lost tells of final messages with fields that cannot be read, and are not carried.
	Lost Findings
	// Unfit are records that cannot be moved; the migration is refused for them.
	Unfit Findings
}

// Findings are records with something the matter; the first few are told.
type Findings struct {
	Count int64
	Told  []string
}

func (f *Findings) add(what, why string) {
	f.Count++
	if len(f.Told) < namedAtMost {
		f.Told = append(f.Told, what+": "+why)
	}
}

// survey reads the whole source.
func (o Options) survey(ctx context.Context, migrationID string) (Survey, error) {
	survey := Survey{Census: newCensus(), Extras: map[string]int64{}}
	done := int64(0)
	for _, collection := range dataoperations.Collections() {
		err := o.From.Walk(ctx, collection, func(batch dataoperations.ArchivedBatch) error {
			done += int64(batch.Len())
			o.Progress("reading the source", done, 0)
			if err := o.twins(ctx, batch, &survey); err != nil {
				return err
			}
			survey.judge(batch)
			return survey.add(batch, migrationID)
		})
		if err != nil {
			return survey, fmt.Errorf("read the source: %w", err)
		}
	}
	record, err := o.From.Pacing(ctx)
	if err == nil {
		err = survey.Census[collectionScheduler].add(pacing(record))
	}
	if err != nil {
		return survey, fmt.Errorf("read the source: %w", err)
	}
	return survey, nil
}

// twins finds ids of both types, where the target can hold but one of them.
func (o Options) twins(ctx context.Context, batch dataoperations.ArchivedBatch, survey *Survey) error {
	if !o.OneIDType || len(batch.Messages) == 0 {
		return nil
	}
	twins, err := o.From.Twins(ctx, batch.Messages)
	for _, id := range twins {
		survey.Unfit.add("the messages "+id.Text, "one has this _id as a string, one as an ObjectID, and the embedded store can "+
			"hold one of them: delete one, or insert it anew under another _id")
	}
	return err //nolint:wrapcheck // wrapped by the survey
}

// judge looks for what cannot be moved, and for what is lost.
func (s *Survey) judge(batch dataoperations.ArchivedBatch) {
	for _, m := range batch.Messages {
		s.countExtras(m.Extra)
		what := fmt.Sprintf("message %s", m.ID)
		switch {
		case !slices.Contains(models.Statuses(), m.Status):
			s.Unfit.add(what, fmt.Sprintf("its status is %q, which is none", m.Status))
		case m.ID.Text == "":
			s.Unfit.add("a message", strings.Join(m.Problems, "; "))
		case len(m.Problems) > 0 && (m.Waits() || m.Status == models.StatusSending):
			s.Unfit.add(what, strings.Join(m.Problems, "; ")+"; correct it, or set its status to canceled")
		case len(m.Problems) > 0:
			s.Lost.add(what, strings.Join(m.Problems, "; "))
		}
	}
	for _, l := range batch.Logs {
		s.countExtras(l.Extra)
		what := fmt.Sprintf("entry %s of the audit trail", l.ID)
		switch {
		case !slices.Contains(models.Actions(), l.Action):
			s.Unfit.add(what, fmt.Sprintf("its action is %q, which is none", l.Action))
		case len(l.Problems) > 0:
			s.Unfit.add(what, strings.Join(l.Problems, "; "))
		}
	}
}

// countExtras counts the fields of one record that are not ours.
func (s *Survey) countExtras(extra string) {
	if extra == "" {
		return
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(extra), &fields) != nil {
		return
	}
	for name := range fields {
		s.Extras[name]++
	}
}

// refuse returns why the source cannot be moved as it is.
func (s *Survey) refuse() error {
	if s.Unfit.Count == 0 {
		return nil
	}
	return models.Conflict(fmt.Sprintf("%d records cannot be moved as they are; nothing was changed:\n  %s",
		s.Unfit.Count, strings.Join(s.Unfit.Told, "\n  ")))
}
