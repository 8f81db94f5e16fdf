package mongostore

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// Claims lists claims of messages that are sending, oldest first.
func (s *Store) Claims(ctx context.Context, limit int) ([]models.Claim, error) {
	if limit <= 0 {
		return nil, nil
	}
	documents, err := find(ctx, s.messages, bson.M{"status": sending, "claim.at": anyDate()}, options.Find().
		SetSort(bson.D{{Key: "claim.at", Value: 1}}).
		SetLimit(int64(limit)).
		SetProjection(bson.M{"claim": 1}))
	if err != nil {
		return nil, explain("list claims", err)
	}
	claims := make([]models.Claim, 0, len(documents))
	for _, document := range documents {
		claim, _ := decodeClaim(document)
		claims = append(claims, claim)
	}
	return claims, nil
}

// Rescue ends the claims given, each by one update that finds its message only
// while that claim stands, so of several callers one ends it. How many attempts the
// message has had cannot change under one claim, so it may be read beforehand.
func (s *Store) Rescue(ctx context.Context, claims []models.Claim, policy dataoperations.RescuePolicy) (int, error) {
	rescued := 0
	for batch := range slices.Chunk(claims, s.batch) {
		documents, err := find(ctx, s.messages, bson.M{
			"_id":    bson.M{"$in": keys(batch, func(c models.Claim) models.ID { return c.ID })},
			"status": sending,
		}, options.Find().SetProjection(bson.M{"claim": 1, "attempt_count": 1, "prior_attempts": 1}))
		if err != nil {
			return rescued, explain("read claims to rescue", err)
		}
		updates := make([]mongo.WriteModel, 0, len(documents))
		for _, document := range documents {
			// The claim that stands, if it is one of those to be ended.
			claim, at := decodeClaim(document)
			if slices.ContainsFunc(batch, func(c models.Claim) bool { return c.ID == claim.ID && c.ClaimID == claim.ClaimID }) {
				r := &reader{document: document}
				made, prior := int(r.number("attempt_count")), int(r.number("prior_attempts"))
				updates = append(updates, s.rescue(claim, at, made, made-prior, policy))
			}
		}
		n, err := s.write(ctx, updates)
		rescued += n
		if err != nil {
			return rescued, explain("rescue messages", err)
		}
	}
	return rescued, nil
}

// What a rescue says of the attempt, whose outcome nobody has seen.
const (
	leaseRanOut = "the replica that was sending it is gone; the outcome is unknown"
	heldForYou  = leaseRanOut + ", and a person must decide whether to send it again"
	usedUp      = leaseRanOut + ", and no attempts are left"
)

// rescue returns the update that ends one claim. The claim's id stays in the
// document, so that a late 2xx still finds its message. The attempt is that of the
// replica that made it, not of the one that ends it. Of all attempts, those since a
// person's last retry count against the limit.
func (s *Store) rescue(
	claim models.Claim, at time.Time, attempts, counting int, policy dataoperations.RescuePolicy,
) mongo.WriteModel {
	now := s.Now()
	set := bson.M{"updated_at": now}
	update := bson.M{
		"$set": set,
		"$inc": bson.M{"retry_count": 1},
		"$push": bson.M{"attempts": attemptDocument(models.Attempt{
			Number: attempts, StartedAt: at, Duration: max(0, now.Sub(at)), Error: leaseRanOut, Replica: claim.Owner,
		})},
	}
	switch {
	case policy.Hold:
		set["error"], set["error_code"] = heldForYou, models.ErrorCodeOutcomeUnknown
	case counting >= policy.MaxAttempts:
		set["error"], set["error_code"] = usedUp, models.ErrorCodeAttemptsExhausted
	default:
		set["status"], set["next_attempt_at"] = pending, now
		set["error"], set["error_code"] = leaseRanOut, models.ErrorCodeOutcomeUnknown
		return mongo.NewUpdateOneModel().SetFilter(standing(claim)).SetUpdate(update)
	}
	set["status"], set["failed_at"] = failed, now
	update["$unset"] = fields("next_attempt_at")
	return mongo.NewUpdateOneModel().SetFilter(standing(claim)).SetUpdate(update)
}
