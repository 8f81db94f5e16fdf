package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"auto-message-sender/internal/models"
)

// Accept stores new messages, all of them or none. One message is one insert. For
// several there is a transaction where the server has them; see insertAll for a
// standalone server, which has none.
func (s *Store) Accept(ctx context.Context, messages ...models.Message) error {
	seen := make(map[models.ID]bool, len(messages))
	documents, now := make([]any, 0, len(messages)), s.Now()
	for _, message := range messages {
		if seen[message.ID] {
			return stored()
		}
		seen[message.ID] = true
		documents = append(documents, newDocument(message, now))
	}
	var err error
	switch {
	case len(documents) == 0:
		return nil
	case len(documents) == 1:
		_, err = s.messages.InsertOne(ctx, documents[0])
	case s.transactions:
		err = s.insertTogether(ctx, documents)
	default:
		err = s.insertAll(ctx, documents, messages)
	}
	if mongo.IsDuplicateKeyError(err) {
		return stored()
	}
	return explain("accept messages", err)
}

// stored is the answer to an id that is taken.
func stored() error { return conflict("a message with this id exists already") }

// insertTogether inserts the documents in one transaction.
func (s *Store) insertTogether(ctx context.Context, documents []any) error {
	session, err := s.database.Client().StartSession()
	if err != nil {
		return fmt.Errorf("start a session: %w", err)
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	_, err = session.WithTransaction(ctx, func(ctx context.Context) (any, error) {
		return s.messages.InsertMany(ctx, documents)
	})
	return err //nolint:wrapcheck // explained by Accept
}

// insertAll inserts the documents where there are no transactions: it looks for
// taken ids first, and takes back what it has inserted should one be taken in
// between. Only there may a crash half way leave the first of them stored.
func (s *Store) insertAll(ctx context.Context, documents []any, messages []models.Message) error {
	ids := keys(messages, func(m models.Message) models.ID { return m.ID })
	taken, err := s.messages.CountDocuments(ctx, bson.M{"_id": bson.M{"$in": ids}})
	if err != nil {
		return err //nolint:wrapcheck // explained by Accept
	}
	if taken > 0 {
		return stored()
	}
	_, err = s.messages.InsertMany(ctx, documents)
	refused := mongo.BulkWriteException{}
	if !errors.As(err, &refused) || !mongo.IsDuplicateKeyError(err) || len(refused.WriteErrors) == 0 {
		return err //nolint:wrapcheck // explained by Accept
	}
	// An ordered insert ends at the first refusal: what stands before it is ours.
	ctx, cancel := s.carryOn(ctx)
	defer cancel()
	_, undone := s.messages.DeleteMany(ctx, bson.M{
		"_id":           bson.M{"$in": ids[:refused.WriteErrors[0].Index]},
		"status":        bson.M{"$in": bson.A{scheduled, pending}},
		"attempt_count": 0,
	})
	return errors.Join(undone, err)
}
