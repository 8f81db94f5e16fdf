package sqlitestore

import (
	"context"
	"maps"

	"auto-message-sender/internal/models"
)

const (
	// countedAs is what the counts hold a message for. One that nobody has adopted yet
	// counts as what it was before somebody changed it, and not at all where it is new;
	// adopt takes it from there.
	countedAs = `CASE
		WHEN NOT (` + toAdopt + `) THEN status
		WHEN failed_at IS NOT NULL THEN 'failed'
		WHEN sent_at IS NOT NULL THEN 'sent'
		WHEN drawn = -1 THEN 'canceled'
		WHEN drawn = -2 THEN 'expired'
		WHEN drawn IS NOT NULL THEN status
		ELSE '' END`
	// recountMessages reads every message, and the counts as they were at that
	// moment, with a minus: one statement, so that nothing comes in between, and one
	// row of sums, so that nothing is sorted in memory. The columns are those of
	// models.Statuses.
	recountMessages = `SELECT recounts, n.scheduled - c.scheduled, n.pending - c.pending, n.sending - c.sending,
		n.sent - c.sent, n.failed - c.failed, n.canceled - c.canceled, n.expired - c.expired
		FROM counts AS c, (SELECT count(iif(counted = 'scheduled', 1, NULL)) AS scheduled,
			count(iif(counted = 'pending', 1, NULL)) AS pending, count(iif(counted = 'sending', 1, NULL)) AS sending,
			count(iif(counted = 'sent', 1, NULL)) AS sent, count(iif(counted = 'failed', 1, NULL)) AS failed,
			count(iif(counted = 'canceled', 1, NULL)) AS canceled, count(iif(counted = 'expired', 1, NULL)) AS expired
			FROM (SELECT ` + countedAs + ` AS counted FROM messages)) AS n`
	// noteRecount lets one correction of an error through: of two processes that
	// counted the same error, the second finds another number of recounts.
	noteRecount = `UPDATE counts SET recounts = recounts + 1 WHERE id = 1 AND recounts = ?`
)

// recount corrects the counts by what a person changed by hand since the last
// start. It reads a moment of the past, so it adds the difference of that moment,
// which holds whatever was counted since.
func (s *Store) recount(ctx context.Context) {
	wrong, recounts, err := s.countingError(ctx)
	corrected := false
	if err == nil && len(wrong) > 0 {
		corrected, err = s.correctCounts(ctx, wrong, recounts)
	}
	switch {
	case err != nil && ctx.Err() == nil:
		s.options.Log.WithError(err).Warn("the messages could not be recounted; the counts stay as they are")
	case err == nil && corrected:
		s.options.Log.WithField("differences", wrong).Info("counts corrected after changes by hand")
	}
}

// countingError returns by how much each count is too low, and how many recounts
// went before, both of one moment.
func (s *Store) countingError(ctx context.Context) (wrong models.Counts, recounts int64, err error) {
	wrong = models.Counts{}
	err = s.read(ctx, "recount the messages", recountMessages, func(values row) error {
		recounts = asInt(values[0])
		for i, status := range models.Statuses() {
			wrong[status] = asInt(values[1+i])
		}
		return nil
	})
	maps.DeleteFunc(wrong, func(_ models.Status, n int64) bool { return n == 0 })
	return wrong, recounts, err
}

// correctCounts adds the difference, unless there was another recount since.
func (s *Store) correctCounts(ctx context.Context, wrong models.Counts, recounts int64) (corrected bool, err error) {
	err = s.write(ctx, "correct the counts", func(ctx context.Context, tx *transaction) error {
		changed, err := tx.exec(ctx, noteRecount, recounts)
		corrected = changed > 0
		if err != nil || !corrected {
			return err
		}
		for status, n := range wrong {
			tx.move(n, "", status)
		}
		return nil
	})
	return corrected, err
}
