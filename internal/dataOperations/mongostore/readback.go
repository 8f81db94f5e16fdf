package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// claimed reads back which of the candidates this claim got, in their order. It
// asks by _id, so a collection that is sharded by it needs no further index. What
// cannot be sent as it stands becomes failed here.
func (s *Store) claimed(
	ctx context.Context, claimID string, state models.Scheduler, found []candidate,
) ([]models.Claimed, error) {
	documents, err := find(ctx, s.messages, bson.M{
		"_id":      bson.M{"$in": keys(found, func(one candidate) models.ID { return one.id })},
		"claim.id": claimID,
		"status":   sending,
	}, options.Find())
	if err != nil {
		return nil, explain("read back a claim", err)
	}
	byID := make(map[models.ID]models.Claimed, len(documents))
	var unfit []mongo.WriteModel
	for _, document := range documents {
		one, reason := newClaimed(document)
		if reason != "" {
			unfit = append(unfit, unsendable(document, claimID, reason, s.Now()))
			continue
		}
		byID[one.ID] = one
	}
	if _, err := s.write(ctx, unfit); err != nil {
		return nil, explain("refuse messages", err)
	}
	claimed := make([]models.Claimed, 0, len(byID))
	for _, one := range found {
		message, ok := byID[one.id]
		if !ok {
			continue
		}
		if !one.drawn {
			message.Window = state.WindowSeq
		}
		claimed = append(claimed, message)
	}
	return claimed, nil
}

// newClaimed reads a message for sending, or says why it cannot be sent or what
// is sent could not be recorded. Adoption lets none of these through; but somebody
// may insert a document that looks adopted.
func newClaimed(document bson.Raw) (one models.Claimed, reason string) {
	r := &reader{document: document}
	one.To, one.Content = r.text("to"), r.text("content")
	one.Attempt, one.Prior = int(r.number("attempt_count")), int(r.number("prior_attempts"))
	one.ExpiresAt = r.date("expires_at")
	r.countable("retry_count")
	if value, err := document.LookupErr("attempts"); err == nil && value.Type != bson.TypeArray {
		r.note("attempts", "an array", value)
	}
	if one.To == "" || one.Content == "" {
		r.problems = append(r.problems, "to and content must be there")
	}
	if len(r.problems) > 0 {
		return models.Claimed{}, r.problems[0]
	}
	one.Claim, _ = decodeClaim(document)
	return one, ""
}

// unsendable is the update that makes a message failed which was claimed and
// turned out unfit; its attempt never began.
func unsendable(document bson.Raw, claimID, reason string, now time.Time) *mongo.UpdateOneModel {
	update := refusal(document, reason, now)
	update.Filter = bson.M{"_id": bson.M{"$eq": document.Lookup("_id")}, "claim.id": claimID, "status": sending}
	if changes, ok := update.Update.(bson.M); ok {
		changes["$inc"] = bson.M{"attempt_count": -1}
	}
	return update
}
