package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"auto-message-sender/internal/models"
)

// GiveBack undoes claims whose attempts have not begun, where they still stand. The
// claim is taken away altogether, so that nothing can be recorded under it. What
// the claims had drawn goes back to its window only when it is known how many of
// them were undone by this call.
func (s *Store) GiveBack(ctx context.Context, claims []models.Claim) error {
	now := s.Now()
	byWindow := map[int64][]mongo.WriteModel{}
	for _, claim := range claims {
		set := bson.M{"status": pending, "updated_at": now}
		if claim.Window != 0 {
			set["drawn"] = false // it draws again when it is claimed again
		}
		byWindow[claim.Window] = append(byWindow[claim.Window], mongo.NewUpdateOneModel().
			SetFilter(standing(claim)).
			SetUpdate(bson.M{
				"$set":   set,
				"$inc":   bson.M{"attempt_count": -1},
				"$unset": fields("claim"),
			}))
	}
	for window, updates := range byWindow {
		undone, err := s.write(ctx, updates)
		if err != nil {
			return explain("give claims back", err)
		}
		if window != 0 {
			s.refund(ctx, window, undone)
		}
	}
	return nil
}

// standing is the fence: the message is still sending under this very claim.
func standing(claim models.Claim) bson.M {
	return bson.M{"_id": key(claim.ID), "claim.id": claim.ClaimID, "status": sending}
}
