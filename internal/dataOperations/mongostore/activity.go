package mongostore

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// Activity returns the minutes in which something happened. A minute that is over is
// counted once by each replica that is asked for it; the one that runs, and the one
// before, whose last outcomes may still be under way, are counted again and again
// while somebody asks. A message that failed and was retried since is no longer among
// those that are counted, but stays in what was counted before.
func (s *Store) Activity(ctx context.Context, since time.Time) ([]models.Minute, error) {
	begin, running := minuteOf(since), runningSince(s.Now())
	recent, err := s.activity.recent.latest(ctx)
	if err != nil {
		return nil, explain("count the latest minutes", err)
	}
	var minutes []models.Minute
	if begin.Before(running) {
		if minutes, err = s.activity.over(ctx, s, begin, running); err != nil {
			return nil, explain("count what happened by the minute", err)
		}
	}
	for _, minute := range recent {
		if !minute.At.Before(running) && !minute.At.Before(begin) {
			minutes = append(minutes, minute)
		}
	}
	return minutes, nil
}

// minuteOf returns the beginning of a minute. MongoDB's dates begin with the year 1
// as ours do, so the zero time is the beginning of everything.
func minuteOf(t time.Time) time.Time { return t.UTC().Truncate(time.Minute) }

// runningSince returns the beginning of the minutes that are counted again and again.
func runningSince(now time.Time) time.Time { return minuteOf(now).Add(-time.Minute) }

// countRecent counts those minutes.
func (s *Store) countRecent(ctx context.Context) ([]models.Minute, error) {
	ctx, cancel := context.WithTimeout(ctx, countPatience)
	defer cancel()
	first := runningSince(s.Now())
	var minutes []models.Minute
	for _, at := range []time.Time{first, first.Add(time.Minute)} {
		minute, err := s.countMinute(ctx, at)
		if err != nil {
			return nil, err
		}
		if minute.Sent+minute.Failed > 0 {
			minutes = append(minutes, minute)
		}
	}
	return minutes, nil
}

// countMinute counts what was sent and what failed in one minute, by index keys.
func (s *Store) countMinute(ctx context.Context, at time.Time) (models.Minute, error) {
	within := bson.M{"$gte": at, "$lt": at.Add(time.Minute)}
	sentThen, err := s.messages.CountDocuments(ctx, bson.M{"status": sent, "sent_at": within})
	if err != nil {
		return models.Minute{}, fmt.Errorf("sent: %w", err)
	}
	failedThen, err := s.messages.CountDocuments(ctx, bson.M{"status": failed, "failed_at": within})
	if err != nil {
		return models.Minute{}, fmt.Errorf("failed: %w", err)
	}
	return models.Minute{At: at, Sent: sentThen, Failed: failedThen}, nil
}

// nextMinute returns the first minute from at on, and before end, in which something
// happened, by one key of each index; end when there is none. So nothing that is
// quiet is counted minute by minute.
func (s *Store) nextMinute(ctx context.Context, at, end time.Time) (time.Time, error) {
	next := end
	for status, field := range map[string]string{sent: "sent_at", failed: "failed_at"} {
		documents, err := find(ctx, s.messages, bson.M{
			"status": status, field: bson.M{"$gte": at, "$lt": next},
		}, options.Find().
			SetSort(bson.D{{Key: field, Value: 1}, {Key: "_id", Value: 1}}).
			SetLimit(1).
			SetProjection(bson.M{field: 1}))
		if err != nil {
			return time.Time{}, fmt.Errorf("%s: %w", status, err)
		}
		if len(documents) > 0 {
			r := &reader{document: documents[0]}
			next = minuteOf(r.date(field))
		}
	}
	return next, nil
}
