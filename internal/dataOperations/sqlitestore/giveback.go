package sqlitestore

import (
	"context"
	"fmt"

	"auto-message-sender/internal/models"
)

// giveBack undoes a claim that still stands. The claim id goes too: no byte has
// left under it, so nothing of it can come late. A first attempt is one again.
const giveBack = `UPDATE messages SET status = 'pending', attempt_count = attempt_count - 1, updated_at = ?,
	drawn = iif(claim_window > 0, 0, drawn), claim_id = NULL, claim_owner = NULL, claim_lease_ms = NULL, claim_at = NULL
	WHERE id = ? AND claim_id = ? AND status = 'sending' RETURNING claim_window`

// GiveBack undoes claims whose attempts have not begun.
func (s *Store) GiveBack(ctx context.Context, claims []models.Claim) error {
	if len(claims) == 0 {
		return nil
	}
	return s.write(ctx, "give back claims", func(ctx context.Context, tx *transaction) error {
		state, err := readScheduler(ctx, tx)
		if err != nil {
			return err
		}
		returned := 0
		for _, claim := range claims {
			err := tx.change(ctx, giveBack, func(values row) error {
				tx.move(1, models.StatusSending, models.StatusPending)
				// Numbers begin at 1. A retry has 0, and so has the record before the first.
				if window := asInt(values[0]); window > 0 && window == state.WindowSeq {
					returned++
				}
				return nil
			}, millis(s.Now()), claim.ID.Text, claim.ClaimID)
			if err != nil {
				return fmt.Errorf("give back a claim: %w", err)
			}
		}
		if returned == 0 || !state.Running || state.PerWindow == 0 {
			return nil
		}
		state.WindowRemaining = min(state.PerWindow, state.WindowRemaining+returned)
		return writeWindow(ctx, tx, state)
	})
}
