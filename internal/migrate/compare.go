package migrate

import (
	"context"
	"fmt"

	dataoperations "auto-message-sender/internal/dataOperations"
)

// compare reads the whole target back, and demands that it is what the survey has
// found in the source.
func (o Options) compare(ctx context.Context, result Result) (Census, error) {
	census := newCensus()
	tally := tally{progress: o.Progress, step: "comparing", total: total(result.Source.Census)}
	tally.add(0)
	for _, collection := range dataoperations.Collections() {
		err := o.To.Walk(ctx, collection, func(batch dataoperations.ArchivedBatch) error {
			tally.add(int64(batch.Len()))
			return census.add(batch, result.Migration.ID)
		})
		if err != nil {
			return census, fmt.Errorf("read the target back: %w", err)
		}
	}
	record, err := o.To.Pacing(ctx)
	if err == nil {
		err = census[collectionScheduler].add(pacing(record))
	}
	if err != nil {
		return census, fmt.Errorf("read the target back: %w", err)
	}
	if different := result.Source.differences(census); len(different) > 0 {
		return census, &DifferentError{different}
	}
	return census, nil
}
