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
const (
	dueMessages = `SELECT seq, next_attempt_at, attempt_count, prior_attempts, expires_at, id, "to", content FROM messages
		WHERE status = 'pending' AND drawn = %d AND priority = %d AND next_attempt_at <= ?
		ORDER BY next_attempt_at, seq LIMIT ?`
	// moreDueMessages goes on after the last one that was found.
	moreDueMessages = `SELECT seq, next_attempt_at, attempt_count, prior_attempts, expires_at, id, "to", content FROM messages
		WHERE status = 'pending' AND drawn = %d AND priority = %d AND next_attempt_at <= ? AND (next_attempt_at, seq) > (?, ?)
		ORDER BY next_attempt_at, seq LIMIT ?`
)

// Where many have expired at the head of the queue, and nobody has swept them away
// yet, a claim looks at so many of them at a time, and no further than so many times:
// it holds up the other writes.
const (
	passedAtOnce = 1000
	passes       = 10
)

// claimMessages is the journal: one statement for the whole batch. Expressions see
// the row as it was, so a first attempt is told by drawn. It returns no rows: they
// were read when they were found, in the same transaction.
const claimMessages = `UPDATE messages SET status = 'sending', drawn = 1, attempt_count = attempt_count + 1,
	claim_window = iif(drawn = 0, ?, 0), claim_id = ?, claim_owner = ?, claim_lease_ms = ?, claim_at = ?, updated_at = ?
	WHERE seq IN (SELECT value FROM json_each(?)) AND status = 'pending'`

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
	seq     int64
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

// findDueOf returns the first limit messages of a priority that are due and have not
// expired.
func findDueOf(ctx context.Context, tx *transaction, priority models.Priority, first bool, now time.Time, limit int) ([]candidate, error) {
	if limit <= 0 {
		return nil, nil
	}
	drawn := 1
	if first {
		drawn = 0
	}
	found := make([]candidate, 0, limit)
	seen, last := 0, place{}
	each := func(values row) error {
		seen, last = seen+1, place{asInt(values[1]), asInt(values[0])}
		one := candidate{
			seq: last.seq, due: last.at, first: first,
			claimed: models.Claimed{
				Claim:   models.Claim{ID: models.ID{Text: asText(values[5])}},
				Attempt: int(asInt(values[2])) + 1, Prior: int(asInt(values[3])), ExpiresAt: asTime(values[4]),
				To: asText(values[6]), Content: asText(values[7]),
			},
		}
		if expires := one.claimed.ExpiresAt; len(found) < limit && (expires.IsZero() || expires.After(now)) {
			found = append(found, one)
		}
		return nil
	}
	err := tx.query(ctx, fmt.Sprintf(dueMessages, drawn, priority), each, millis(now), limit)
	for asked, pass := limit, 0; err == nil && seen == asked && len(found) < limit && pass < passes; pass++ {
		seen, asked = 0, passedAtOnce
		err = tx.query(ctx, fmt.Sprintf(moreDueMessages, drawn, priority), each, millis(now), last.at, last.seq, asked)
	}
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
	seqs := []byte{'['}
	for i, candidate := range due {
		seqs = append(strconv.AppendInt(seqs, candidate.seq, 10), ',')
		claimed[i] = candidate.claimed
		claimed[i].ClaimID, claimed[i].Owner, claimed[i].Lease = claimID, request.Owner, request.Lease
		if candidate.first {
			claimed[i].Window = window
		}
	}
	seqs[len(seqs)-1] = ']'

	changed, err := tx.exec(ctx, claimMessages,
		window, claimID, request.Owner, request.Lease.Milliseconds(), millis(now), millis(now), string(seqs))
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	if changed != int64(len(due)) {
		return nil, fmt.Errorf("claimed %d of %d messages found in the same transaction", changed, len(due))
	}
	tx.move(changed, models.StatusPending, models.StatusSending)
	return claimed, nil
}
