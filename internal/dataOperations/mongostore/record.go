package mongostore

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// Record applies outcomes, each where its claim still stands. A bulkWrite tells
// only how many it matched; where that is fewer than all, the messages say which.
func (s *Store) Record(ctx context.Context, outcomes []models.Outcome) ([]bool, error) {
	applied := make([]bool, 0, len(outcomes))
	for batch := range slices.Chunk(outcomes, s.batch) {
		some, err := s.recordBatch(ctx, batch)
		if err != nil {
			return nil, err
		}
		applied = append(applied, some...)
	}
	return applied, nil
}

// recordBatch records outcomes in one command.
func (s *Store) recordBatch(ctx context.Context, outcomes []models.Outcome) ([]bool, error) {
	updates := make([]mongo.WriteModel, 0, len(outcomes))
	for _, outcome := range outcomes {
		updates = append(updates, s.recording(outcome))
	}
	matched, err := s.write(ctx, updates)
	if err != nil {
		return nil, explain("record outcomes", err)
	}
	if matched == len(outcomes) {
		return slices.Repeat([]bool{true}, len(outcomes)), nil
	}
	return s.recorded(ctx, outcomes)
}

// recording returns the update of one outcome.
func (s *Store) recording(outcome models.Outcome) mongo.WriteModel {
	set := bson.M{"status": string(outcome.Result.Status()), "updated_at": s.Now()}
	update := bson.M{"$set": set}
	if uncounted(outcome) {
		update["$inc"] = bson.M{"attempt_count": -1}
	} else {
		update["$push"] = bson.M{"attempts": attemptDocument(outcome.Attempt)}
	}
	from := []models.Status{models.StatusSending}
	switch outcome.Result {
	case models.ResultSent:
		// Also late, on a message that was rescued meanwhile, whatever became of it then.
		from = models.StatusSent.Sources()
		set["sent_at"] = inTime(outcome.At)
		gone := fields("next_attempt_at", "failed_at", "ended_at", "error", "error_code")
		if outcome.MessageID == "" {
			gone["message_id"] = ""
		} else {
			set["message_id"] = valid(outcome.MessageID)
		}
		update["$unset"] = gone
	case models.ResultRetry:
		set["next_attempt_at"] = inTime(outcome.NextAttemptAt)
		if outcome.Redraw {
			set["drawn"] = false
		}
	case models.ResultFailed:
		set["failed_at"] = inTime(outcome.At)
		update["$unset"] = fields("next_attempt_at")
	}
	if outcome.Result != models.ResultSent {
		set["error"], set["error_code"] = valid(outcome.Error), valid(outcome.ErrorCode)
		if !uncounted(outcome) {
			update["$inc"] = bson.M{"retry_count": 1}
		}
	}
	return mongo.NewUpdateOneModel().
		SetFilter(bson.M{"_id": key(outcome.ID), "claim.id": outcome.ClaimID, "status": bson.M{"$in": from}}).
		SetUpdate(update)
}

// uncounted reports whether the attempt is taken back.
func uncounted(outcome models.Outcome) bool {
	return outcome.Result == models.ResultRetry && outcome.Uncounted
}

// recorded reads which outcomes the store shows: those of an earlier call, whose
// reply was lost, as well as this call's.
func (s *Store) recorded(ctx context.Context, outcomes []models.Outcome) ([]bool, error) {
	documents, err := find(ctx, s.messages, bson.M{
		"_id": bson.M{"$in": keys(outcomes, func(o models.Outcome) models.ID { return o.ID })},
	}, options.Find().SetProjection(bson.M{"status": 1, "claim": 1, "attempts": 1, "next_attempt_at": 1, "attempt_count": 1}))
	if err != nil {
		return nil, explain("read back outcomes", err)
	}
	byID := make(map[models.ID]bson.Raw, len(documents))
	for _, document := range documents {
		id, _ := identify(document.Lookup("_id"))
		byID[id] = document
	}
	applied := make([]bool, 0, len(outcomes))
	for _, outcome := range outcomes {
		shown, err := shows(byID[outcome.ID], outcome)
		if err != nil {
			return nil, err
		}
		applied = append(applied, shown)
	}
	return applied, nil
}

// shows reports whether a message bears an outcome: the claim is the outcome's, the
// status too, and the attempt is in the list. An attempt says when it started and
// how it ended, so one that a rescue has put there in its place is told apart.
func shows(document bson.Raw, outcome models.Outcome) (bool, error) {
	if document == nil {
		return false, nil
	}
	message := decodeMessage(document)
	claim, _ := decodeClaim(document)
	own := claim.ClaimID == outcome.ClaimID
	if own && message.Status == models.StatusSending {
		// The update should have found it. Repeating it will.
		return false, unavailable("an outcome could not be recorded",
			errors.New("mongostore: the claim stands, but the update did not find it"))
	}
	if own && uncounted(outcome) {
		// It is in no list. What a rescue or another outcome of this claim left has
		// counted the attempt.
		return message.Status == models.StatusPending && message.NextAttemptAt.Equal(inTime(outcome.NextAttemptAt)) &&
			message.AttemptCount == outcome.Attempt.Number-1, nil
	}
	return own && message.Status == outcome.Result.Status() &&
		slices.ContainsFunc(message.Attempts, func(a models.Attempt) bool { return sameAttempt(a, outcome.Attempt) }), nil
}
