package mongostore

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// rounds is how often one Claim looks again when others took all it had found.
const rounds = 3

// Claim opens the next window if it is due, and claims what is due: look, draw,
// claim, read back. Once it has drawn it goes on to the end even if the caller
// gives up, for at most the store's timeout: messages that were claimed and
// returned to nobody would have to wait for their leases.
func (s *Store) Claim(ctx context.Context, request dataoperations.ClaimRequest) (dataoperations.ClaimResult, error) {
	state, opened, err := s.turn(ctx)
	result := dataoperations.ClaimResult{Scheduler: state, WindowOpened: opened}
	if err != nil || request.Max < 1 {
		return result, err
	}
	for range rounds {
		if !result.Scheduler.Running {
			break
		}
		found, err := s.due(ctx, result.Scheduler, request.Max)
		if err != nil || len(found) == 0 {
			return result, err
		}
		result.Claimed, result.Scheduler, err = s.take(ctx, result.Scheduler, request, found)
		if err != nil || len(result.Claimed) > 0 {
			return result, err
		}
	}
	return result, nil
}

// take draws for the candidates and claims them. The state it returns is that
// after the draw.
func (s *Store) take(
	ctx context.Context, state models.Scheduler, request dataoperations.ClaimRequest, found []candidate,
) ([]models.Claimed, models.Scheduler, error) {
	ctx, cancel := s.carryOn(ctx)
	defer cancel()
	drawn, state, err := s.draw(ctx, state, firstAttempts(found))
	if err != nil {
		return nil, state, err
	}
	found = chosen(found, drawn, len(found))
	if !state.Running || len(found) == 0 {
		return nil, state, nil
	}
	claimID := s.newID()
	journalled := s.journal(ctx, claimID, request, found)
	claimed, err := s.claimed(ctx, claimID, state, found)
	if err != nil {
		return nil, state, errors.Join(explain("claim messages", journalled), err)
	}
	if journalled == nil && state.PerWindow == 0 {
		s.crowd.learn(len(found), len(claimed))
	}
	if journalled != nil && len(claimed) == 0 {
		// Perhaps it is still under way. What it claims yet comes back by its lease.
		return nil, state, explain("claim messages", journalled)
	}
	unused := drawn - drawnBy(claimed)
	if journalled == nil && state.PerWindow > 0 && s.refund(ctx, state.WindowSeq, unused) {
		state.WindowRemaining += unused // so that the next round may draw it
	}
	return s.unlessStopped(ctx, state, claimed)
}

// firstAttempts returns how many of the candidates draw from the window.
func firstAttempts(found []candidate) int {
	n := 0
	for _, one := range found {
		if !one.drawn {
			n++
		}
	}
	return n
}

// drawnBy returns how many of the claimed messages have drawn from the window.
func drawnBy(claimed []models.Claimed) int {
	n := 0
	for _, one := range claimed {
		if one.Window != 0 {
			n++
		}
	}
	return n
}

// journal is the claim: one write per message makes it sending, sets the claim,
// and counts the attempt, where the message still is what was found – pending, due,
// valid, and drawn or not. Of several replicas one finds it so.
func (s *Store) journal(ctx context.Context, claimID string, request dataoperations.ClaimRequest, found []candidate) error {
	now := s.Now()
	update := bson.M{
		"$set": bson.M{
			"status":     sending,
			"claim":      claimDocument(claimID, request.Owner, request.Lease, now),
			"drawn":      true,
			"updated_at": now,
		},
		"$inc": bson.M{"attempt_count": 1},
	}
	var updates []mongo.WriteModel
	for _, drawn := range []bool{true, false} {
		these := slices.DeleteFunc(slices.Clone(found), func(one candidate) bool { return one.drawn != drawn })
		if len(these) == 0 {
			continue
		}
		updates = append(updates, mongo.NewUpdateManyModel().SetFilter(bson.M{
			"_id":             bson.M{"$in": keys(these, func(one candidate) models.ID { return one.id })},
			"status":          pending,
			"drawn":           drawn,
			"next_attempt_at": bson.M{"$lte": now},
			"expires_at":      stillValid(now),
		}).SetUpdate(update))
	}
	_, err := s.messages.BulkWrite(ctx, updates, options.BulkWrite().SetOrdered(false))
	return err //nolint:wrapcheck // explained by take
}

// unlessStopped gives the claims back if the scheduler was stopped while they were
// made: a replica whose claim took long would start attempts after the stop.
func (s *Store) unlessStopped(
	ctx context.Context, state models.Scheduler, claimed []models.Claimed,
) ([]models.Claimed, models.Scheduler, error) {
	if len(claimed) == 0 {
		return nil, state, nil
	}
	r, err := s.readScheduler(ctx)
	if err == nil && r.Running && r.StartID == state.StartID {
		return claimed, state, nil
	}
	claims := make([]models.Claim, 0, len(claimed))
	for _, one := range claimed {
		claims = append(claims, one.Claim)
	}
	return nil, r.state(), errors.Join(err, s.GiveBack(ctx, claims))
}
