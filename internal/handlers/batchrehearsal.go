package handlers

import (
	"context"

	"auto-message-sender/internal/models"
)

// rehearsal is a batch that stores nothing. It stands in for the store, and tells
// what that would say of each message.
type rehearsal struct {
	store Store
	seen  map[string]models.Message // what this batch would have stored under keys; no more than its body
}

// accept tells which messages would be stored now, and which have the key of one that
// says something else. Without a key – without an id – nothing can be known of one; of
// the others each is looked up by its id.
func (r *rehearsal) accept(ctx context.Context, messages []models.Message) (stored, misused []bool, err error) {
	stored, misused = make([]bool, len(messages)), make([]bool, len(messages))
	for i, message := range messages {
		id := message.ID.Text
		if id == "" {
			stored[i] = true
			continue
		}
		there, known := r.seen[id]
		if !known {
			there, err = r.store.Message(ctx, id)
		}
		switch {
		case models.KindOf(err) == models.KindNotFound:
			stored[i], r.seen[id], err = true, message, nil
		case err != nil:
			return nil, nil, err
		default:
			misused[i] = there.ErasedAt.IsZero() && !sameMessage(there, message)
		}
	}
	return stored, misused, nil
}
