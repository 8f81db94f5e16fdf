package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"auto-message-sender/internal/models"
)

// Deliver stores a report on the message with the provider's id, found by the index
// on it; of several, where a provider uses its ids again, on the newest. The update
// finds the message only while it has no report.
func (s *Store) Deliver(ctx context.Context, report models.DeliveryReport) (bool, error) {
	messageID := valid(report.MessageID)
	missing := models.NotFound("no message that was sent has this id")
	if messageID == "" {
		return false, missing
	}
	documents, err := find(ctx, s.messages, bson.M{"message_id": messageID, "status": sent}, options.Find().
		SetSort(bson.D{{Key: "sent_at", Value: -1}, {Key: "_id", Value: -1}}).
		SetLimit(1).
		SetProjection(bson.M{"_id": 1}))
	if err != nil {
		return false, explain("find the message of a delivery report", err)
	}
	if len(documents) == 0 {
		return false, missing
	}
	set := bson.M{
		"delivery_status": valid(string(report.Status)),
		"delivered_at":    inTime(report.At),
		"updated_at":      s.Now(),
	}
	if report.ErrorCode != "" {
		set["delivery_error_code"] = valid(report.ErrorCode)
	}
	result, err := s.messages.UpdateOne(ctx, bson.M{
		"_id": documents[0].Lookup("_id"), "message_id": messageID, "status": sent, "delivery_status": nil,
	}, bson.M{"$set": set})
	if err != nil {
		return false, explain("store a delivery report", err)
	}
	return result.MatchedCount == 1, nil
}
