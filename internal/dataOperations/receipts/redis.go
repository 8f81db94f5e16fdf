package receipts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"auto-message-sender/internal/models"
)

const (
	keyPrefix = "message_sent:"
	// timeLayout is RFC 3339 with exactly milliseconds; parsing takes any fraction.
	timeLayout = "2006-01-02T15:04:05.000Z07:00"
)

// entry is the value under a key, as other programs read it.
type entry struct {
	MessageID string `json:"message_id"`
	SentAt    string `json:"sent_at"`
}

// Redis keeps receipts in Redis, for every replica.
type Redis struct {
	client *redis.Client
}

// NewRedis returns a cache in the database that the client is connected to.
func NewRedis(client *redis.Client) *Redis { return &Redis{client: client} }

// Put is part of Cache. It costs one round trip, however many receipts.
func (r *Redis) Put(ctx context.Context, receipts []Receipt) error {
	pipeline := r.client.Pipeline()
	for _, receipt := range receipts {
		if receipt.MessageID == "" {
			continue
		}
		value, err := json.Marshal(entry{receipt.MessageID, precise(receipt.SentAt).Format(timeLayout)})
		if err != nil {
			return fmt.Errorf("encode a receipt: %w", err)
		}
		pipeline.Set(ctx, keyPrefix+receipt.MessageID, value, Lifetime)
	}
	if pipeline.Len() == 0 {
		return nil
	}
	if _, err := pipeline.Exec(ctx); err != nil {
		return unavailable("receipts cannot be written", err)
	}
	return nil
}

// Get is part of Cache.
func (r *Redis) Get(ctx context.Context, messageID string) (Receipt, error) {
	if messageID == "" {
		return Receipt{}, notFound()
	}
	value, err := r.client.Get(ctx, keyPrefix+messageID).Bytes()
	if errors.Is(err, redis.Nil) {
		return Receipt{}, notFound()
	}
	if err != nil {
		return Receipt{}, unavailable("receipts cannot be read", err)
	}
	var found entry
	if err := json.Unmarshal(value, &found); err != nil {
		return Receipt{}, unavailable("a receipt cannot be read", err)
	}
	// Programs that share the database may write the time to the nanosecond.
	sentAt, err := time.Parse(time.RFC3339, found.SentAt)
	if err != nil {
		return Receipt{}, unavailable("a receipt cannot be read", err)
	}
	return Receipt{MessageID: messageID, SentAt: precise(sentAt)}, nil
}

func notFound() error {
	return &models.Error{Kind: models.KindNotFound, Detail: "there is no receipt with this message_id"}
}

func unavailable(detail string, cause error) error {
	return &models.Error{Kind: models.KindUnavailable, Detail: detail, Cause: cause}
}
