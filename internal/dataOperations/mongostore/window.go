package mongostore

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// turn reads the scheduler's state and opens the next window if it is due. Of all
// replicas that find it due one opens it; the others see it open. A lost reply is
// an error, and the next call sees the window open.
func (s *Store) turn(ctx context.Context) (state models.Scheduler, opened bool, err error) {
	for range tries {
		r, err := s.readScheduler(ctx)
		if err != nil {
			return models.Scheduler{}, false, err
		}
		s.tryAudit(ctx, r)
		before := r.state()
		after, changed := before.Turn(s.Now())
		if !changed {
			return before, false, nil
		}
		// Only what Turn has changed, and only if it still is what Turn was given.
		result, err := s.scheduler.UpdateOne(ctx, bson.M{
			"_id":            schedulerID,
			"running":        true,
			"start_id":       before.StartID,
			"window_seq":     before.WindowSeq,
			"next_window_at": before.NextWindowAt,
		}, bson.M{"$set": bson.M{
			"window_seq":       after.WindowSeq,
			"window_remaining": after.WindowRemaining,
			"next_window_at":   after.NextWindowAt,
		}})
		if err != nil {
			return models.Scheduler{}, false, explain("open a window", err)
		}
		if result.MatchedCount == 1 {
			return after, after.WindowSeq != before.WindowSeq, nil
		}
	}
	return models.Scheduler{}, false, contended("open a window")
}

// draw takes up to n first attempts from the window, before any of them is claimed,
// and returns how many it got and the state after it. What was taken by a draw
// whose reply was lost is spent: nobody knows whether it was taken.
func (s *Store) draw(ctx context.Context, state models.Scheduler, n int) (int, models.Scheduler, error) {
	for range tries {
		n = state.Allowance(n)
		if n == 0 || state.PerWindow == 0 {
			return n, state, nil
		}
		after, err := decodeRecord(s.scheduler.FindOneAndUpdate(ctx, bson.M{
			"_id":              schedulerID,
			"running":          true,
			"start_id":         state.StartID,
			"window_seq":       state.WindowSeq,
			"window_remaining": bson.M{"$gte": n},
		}, bson.M{
			"$inc": bson.M{"window_remaining": -n},
		}, options.FindOneAndUpdate().SetReturnDocument(options.After)))
		if err == nil {
			return n, after.state(), nil
		}
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return 0, state, explain("draw from the window", err)
		}
		// Others have drawn, the next window is open, or the scheduler has stopped.
		current, err := s.readScheduler(ctx)
		if err != nil {
			return 0, state, err
		}
		state = current.state()
	}
	return 0, state, nil // a claim of none; the next may do better
}

// refund returns n first attempts that were drawn from window seq and not begun,
// while that window is the current one. It is never more than the window had at
// first, whatever has become of the pace. An error leaves them spent, which is
// safe: fewer are sent, not more. It reports whether they were returned.
func (s *Store) refund(ctx context.Context, seq int64, n int) bool {
	if n <= 0 {
		return false
	}
	r, err := s.readScheduler(ctx)
	if err != nil || !r.Running || r.WindowSeq != seq || r.PerWindow < n {
		return false
	}
	result, err := s.scheduler.UpdateOne(ctx, bson.M{
		"_id":              schedulerID,
		"running":          true,
		"start_id":         r.StartID,
		"window_seq":       seq,
		"per_window":       r.PerWindow,
		"window_remaining": bson.M{"$lte": r.PerWindow - n},
	}, bson.M{"$inc": bson.M{"window_remaining": n}})
	if err != nil {
		s.log.WithError(err).WithField("window", seq).Info("first attempts that were not begun stay spent")
		return false
	}
	return result.MatchedCount == 1
}
