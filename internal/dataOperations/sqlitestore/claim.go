package sqlitestore

import (
	"context"
	"fmt"
	"strconv"
	"time"

	dataoperations "auto-message-sender/internal/dataOperations"
	"auto-message-sender/internal/models"
)

// dueMessages finds messages of one priority that are due, first attempts
// (drawn = 0) or others (drawn = 1). Both stand in the text, not in arguments:
// with them the index messages_due is one range in the right order, and a retry
// that is due in an hour is never looked at.
const dueMessages = `SELECT rowid, next_attempt_at, attempt_count, id, "to", content FROM messages
	WHERE status = 'pending' AND drawn = %d AND priority = %d AND next_attempt_at <= ?
	ORDER BY next_attempt_at, rowid LIMIT ?`

// claimMessages is the journal: one statement for the whole batch. Expressions see
// the row as it was, so a first attempt is told by drawn. It returns no rows: they
// were read when they were found, in the same transaction.
const claimMessages = `UPDATE messages SET status = 'sending', drawn = 1, attempt_count = attempt_count + 1,
	claim_window = iif(drawn = 0, ?, 0), claim_id = ?, claim_owner = ?, claim_lease_ms = ?, claim_at = ?, updated_at = ?
	WHERE rowid IN (SELECT value FROM json_each(?)) AND status = 'pending'`

// Claim opens the window if it is due, draws from it, and claims, in one
// transaction.
func (s *Store) Claim(ctx context.Context, request dataoperations.ClaimRequest) (dataoperations.ClaimResult, error) {
	if err := s.sendable(ctx); err != nil {
		return dataoperations.ClaimResult{}, err
	}
	var result dataoperations.ClaimResult
	claimID := s.options.NewID()
	err := s.write(ctx, "claim messages", func(ctx context.Context, tx *transaction) error {
		var err error
		result, err = claim(ctx, tx, request, claimID, s.Now())
		return err
	})
	if err != nil {
		return dataoperations.ClaimResult{}, err
	}
	return result, nil
}

func claim(ctx context.Context, tx *transaction, request dataoperations.ClaimRequest, claimID string, now time.Time) (dataoperations.ClaimResult, error) {
	stored, err := readScheduler(ctx, tx)
	if err != nil {
		return dataoperations.ClaimResult{}, err
	}
	state, changed := stored.Turn(now)
	result := dataoperations.ClaimResult{WindowOpened: state.WindowSeq != stored.WindowSeq}
	if state.Running {
		due, firsts, err := findDue(ctx, tx, now, request.Max, state.Allowance(request.Max))
		if err != nil {
			return dataoperations.ClaimResult{}, err
		}
		if result.Claimed, err = claimDue(ctx, tx, due, request, claimID, state.WindowSeq, now); err != nil {
			return dataoperations.ClaimResult{}, err
		}
		state = state.Drawn(firsts)
		changed = changed || firsts > 0
	}
	result.Scheduler = state
	if !changed {
		return result, nil
	}
	return result, writeWindow(ctx, tx, state)
}

// candidate is a message that may be claimed.
type candidate struct {
	rowid   int64
	due     int64
	first   bool           // a first attempt
	claimed models.Claimed // all of it but the claim itself
}

// findDue returns the messages to claim, in their order: by priority, then by due
// time; at most limit, and at most allowed first attempts among them, which it counts.
func findDue(ctx context.Context, tx *transaction, now time.Time, limit, allowed int) (due []candidate, firsts int, err error) {
	for _, priority := range []models.Priority{models.PriorityHigh, models.PriorityNormal, models.PriorityLow} {
		free := limit - len(due)
		again, err := findDueOf(ctx, tx, priority, false, now, free)
		if err != nil {
			return nil, 0, err
		}
		first, err := findDueOf(ctx, tx, priority, true, now, min(free, allowed-firsts))
		if err != nil {
			return nil, 0, err
		}
		for ; free > 0 && len(again)+len(first) > 0; free-- {
			if len(first) == 0 || (len(again) > 0 && again[0].due <= first[0].due) {
				due, again = append(due, again[0]), again[1:]
			} else {
				due, first = append(due, first[0]), first[1:]
				firsts++
			}
		}
	}
	return due, firsts, nil
}

// findDueOf returns the first limit messages of a priority that are due.
func findDueOf(ctx context.Context, tx *transaction, priority models.Priority, first bool, now time.Time, limit int) ([]candidate, error) {
	if limit <= 0 {
		return nil, nil
	}
	drawn := 1
	if first {
		drawn = 0
	}
	var found []candidate
	err := tx.query(ctx, fmt.Sprintf(dueMessages, drawn, priority), func(values row) error {
		if found == nil {
			found = make([]candidate, 0, limit)
		}
		found = append(found, candidate{
			rowid: asInt(values[0]), due: asInt(values[1]), first: first,
			claimed: models.Claimed{
				Claim:   models.Claim{ID: models.ID{Text: asText(values[3])}},
				Attempt: int(asInt(values[2])) + 1,
				To:      asText(values[4]), Content: asText(values[5]),
			},
		})
		return nil
	}, millis(now), limit)
	if err != nil {
		return nil, fmt.Errorf("find due messages: %w", err)
	}
	return found, nil
}

// claimDue claims the messages found, and returns them in their order.
func claimDue(
	ctx context.Context, tx *transaction, due []candidate, request dataoperations.ClaimRequest, claimID string, window int64, now time.Time,
) ([]models.Claimed, error) {
	if len(due) == 0 {
		return nil, nil
	}
	claimed := make([]models.Claimed, len(due))
	rowids := []byte{'['}
	for i, candidate := range due {
		rowids = append(strconv.AppendInt(rowids, candidate.rowid, 10), ',')
		claimed[i] = candidate.claimed
		claimed[i].ClaimID, claimed[i].Owner, claimed[i].Lease = claimID, request.Owner, request.Lease
		if candidate.first {
			claimed[i].Window = window
		}
	}
	rowids[len(rowids)-1] = ']'

	changed, err := tx.exec(ctx, claimMessages,
		window, claimID, request.Owner, request.Lease.Milliseconds(), millis(now), millis(now), string(rowids))
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	if changed != int64(len(due)) {
		return nil, fmt.Errorf("claimed %d of %d messages found in the same transaction", changed, len(due))
	}
	tx.move(changed, models.StatusPending, models.StatusSending)
	return claimed, nil
}
