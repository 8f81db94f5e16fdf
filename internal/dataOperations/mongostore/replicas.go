package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// The documents of the collection replicas, one for each process that runs or ran lately:
//
//	_id            its id
//	version        of the program, string
//	started_at     date
//	seen_at        date
//	in_flight      claims that it held
//	max_in_flight  and may hold
//	webhook        {state, since, retry_at, reason}, as it saw it

// Beat stores what a replica says of itself. Only a replica's first document looks
// for old ones: every other heartbeat is this one write.
func (s *Store) Beat(ctx context.Context, replica models.Replica) error {
	now := s.Now()
	result, err := s.replicas.UpdateOne(ctx, bson.M{"_id": replica.ID}, bson.M{"$set": bson.M{
		"version":       valid(replica.Version),
		"started_at":    inTime(replica.StartedAt),
		"seen_at":       inTime(now),
		"in_flight":     replica.InFlight,
		"max_in_flight": replica.MaxInFlight,
		"webhook": bson.M{
			"state":    string(replica.Webhook.State),
			"since":    momentOrNull(replica.Webhook.Since),
			"retry_at": momentOrNull(replica.Webhook.RetryAt),
			"reason":   valid(replica.Webhook.Reason),
		},
	}}, options.UpdateOne().SetUpsert(true))
	if err != nil {
		return explain("store a heartbeat", err)
	}
	if result.UpsertedCount == 0 {
		return nil
	}
	return s.forgetReplicas(ctx, now.Add(-models.ReplicaKept))
}

// momentOrNull returns null for the zero time.
func momentOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return inTime(t)
}

// forgetReplicas deletes those that were not seen since the time, unless they were
// just now.
func (s *Store) forgetReplicas(ctx context.Context, since time.Time) error {
	all, err := s.allReplicas(ctx)
	if err != nil {
		return explain("look for old replicas", err)
	}
	var old bson.A
	for _, replica := range all {
		if replica.SeenAt.Before(since) {
			old = append(old, replica.ID)
		}
	}
	if len(old) == 0 {
		return nil
	}
	_, err = s.replicas.DeleteMany(ctx, bson.M{"_id": bson.M{"$in": old}, "seen_at": bson.M{"$lt": since}})
	return explain("forget old replicas", err)
}

// Leave forgets the replica.
func (s *Store) Leave(ctx context.Context, id string) error {
	_, err := s.replicas.DeleteOne(ctx, bson.M{"_id": id})
	return explain("forget a replica", err)
}

// Replicas returns those that were seen lately.
func (s *Store) Replicas(ctx context.Context) ([]models.Replica, error) {
	all, err := s.allReplicas(ctx)
	if err != nil {
		return nil, explain("list the replicas", err)
	}
	since := s.Now().Add(-models.ReplicaKept)
	lately := all[:0]
	for _, replica := range all {
		if !replica.SeenAt.Before(since) {
			lately = append(lately, replica)
		}
	}
	return lately, nil
}

// allReplicas reads the whole collection: there are as many as there are processes,
// and a few that are gone.
func (s *Store) allReplicas(ctx context.Context) ([]models.Replica, error) {
	documents, err := find(ctx, s.replicas, bson.M{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return nil, err
	}
	replicas := make([]models.Replica, 0, len(documents))
	for _, document := range documents {
		r := &reader{document: document}
		replicas = append(replicas, models.Replica{
			ID:          r.text("_id"),
			Version:     r.text("version"),
			StartedAt:   r.moment("started_at"),
			SeenAt:      r.moment("seen_at"),
			InFlight:    int(r.number("in_flight")),
			MaxInFlight: int(r.number("max_in_flight")),
			Webhook: models.WebhookHealth{
				State:   models.WebhookState(r.text("webhook.state")),
				Since:   r.moment("webhook.since"),
				RetryAt: r.moment("webhook.retry_at"),
				Reason:  r.text("webhook.reason"),
			},
		})
	}
	return replicas, nil
}
